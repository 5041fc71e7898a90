import { providerId } from './profile.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** A key as it was found: the variable's name may be shown, the value never. */
export interface EnvironmentKey {
  readonly variable: string;
  readonly value: string;
}

/** Where a provider's one credential is looked for; the first that is set wins. Others: `<P>_API_KEY`. */
// prettier-ignore
const FIRST_CHOICES: Readonly<Record<string, readonly string[]>> = {
  anthropic:        ['ANTHROPIC_OAUTH_TOKEN', 'ANTHROPIC_API_KEY'],
  google:           ['GEMINI_API_KEY'],
  'github-copilot': ['COPILOT_GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_TOKEN'],
  zai:              ['ZAI_API_KEY', 'Z_AI_API_KEY'],
};

/** Looked at when a provider's own variables hold nothing more. */
const LAST_CHOICES: Readonly<Record<string, readonly string[]>> = { google: ['GOOGLE_API_KEY'] };

const STEMS: Readonly<Record<string, string>> = { google: 'GEMINI' };

const SEPARATORS = /[\s,;]+/;

/** `openrouter` → `OPENROUTER`, `my-provider` → `MY_PROVIDER`, `google` → `GEMINI`. */
function stemOf(provider: string): string {
  const id = providerId(provider);
  return STEMS[id] ?? id.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

/** The provider's credential in the environment, or undefined. */
export function environmentKey(provider: string, variables: Variables): EnvironmentKey | undefined {
  const names = FIRST_CHOICES[providerId(provider)] ?? [`${stemOf(provider)}_API_KEY`];
  return names.flatMap((name) => found(name, variables))[0];
}

/** Whether what the variable holds is an OAuth token and no API key: it travels in another header. */
export function isOAuthVariable({ variable }: EnvironmentKey): boolean {
  return variable.endsWith('_OAUTH_TOKEN');
}

/**
 * Every key of a provider in the order in which they are tried (document 003): the one live key if it is set, which
 * then stands alone; else `<P>_API_KEYS`, `<P>_API_KEY`, `<P>_API_KEY_*` by name. `primary`, where one is already in
 * use, comes first. Each value once.
 */
export function environmentKeys(provider: string, variables: Variables, primary?: EnvironmentKey): EnvironmentKey[] {
  const stem = stemOf(provider);
  const live = liveKey(stem, variables);
  if (live) return [live];

  const numbered = Object.keys(variables)
    .filter((name) => name.startsWith(`${stem}_API_KEY_`))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const keys = [
    ...(primary ? [primary] : []),
    ...listed(`${stem}_API_KEYS`, variables),
    ...found(`${stem}_API_KEY`, variables),
    ...numbered.flatMap((name) => found(name, variables)),
    ...(LAST_CHOICES[providerId(provider)] ?? []).flatMap((name) => found(name, variables)),
  ];
  return keys.filter(({ value }, index) => keys.findIndex((other) => other.value === value) === index);
}

/** By the variables of one configuration, which never change: every request asks. */
const known = new WeakMap<Variables, Map<string, readonly EnvironmentKey[]>>();

/** All of a provider's keys in the order in which requests try them: the one that its first variable holds, then the others. */
export function keysOf(provider: string, variables: Variables): readonly EnvironmentKey[] {
  let byProvider = known.get(variables);
  if (!byProvider) known.set(variables, (byProvider = new Map()));
  let keys = byProvider.get(provider);
  if (!keys)
    byProvider.set(provider, (keys = environmentKeys(provider, variables, environmentKey(provider, variables))));
  return keys;
}

const LIVE_PREFIXES = ['DOORWARD_LIVE_', 'OPENCLAW_LIVE_', 'CLAWDBOT_LIVE_', 'SPECIAL_AGENT_LIVE_'];

function liveKey(stem: string, variables: Variables): EnvironmentKey | undefined {
  return LIVE_PREFIXES.flatMap((prefix) => found(`${prefix}${stem}_KEY`, variables))[0];
}

function found(variable: string, variables: Variables): EnvironmentKey[] {
  const value = variables[variable]?.trim();
  return value === undefined || value === '' ? [] : [{ variable, value }];
}

function listed(variable: string, variables: Variables): EnvironmentKey[] {
  const text = variables[variable] ?? '';
  return text.split(SEPARATORS).flatMap((value) => (value === '' ? [] : [{ variable, value }]));
}

import type { Preset } from '../secrets/presets/preset.js';
import type { World } from './command.js';
import type { Conversation } from './conversation.js';
import { wrongUsage } from './cli-error.js';

/** By alias: what is to be written into `secrets.providers`. */
export type Providers = Record<string, unknown>;

type Kind = Preset | 'env' | 'file' | 'exec' | undefined;

/** Asks which keepers of secrets there are to be, until there are enough. `known` are those that there are already. */
export async function configureProviders(
  talk: Conversation,
  known: readonly string[],
  world: World,
): Promise<Providers> {
  const { PRESETS } = await import('../secrets/presets/index.js');
  const { terminal } = world;
  terminal.say(
    known.length === 0 ? 'There are no providers of secrets yet.' : `Providers of secrets: ${known.join(', ')}`,
  );
  const providers: Providers = {};
  for (;;) {
    const kind = await talk.choose<Kind>('Add a provider of secrets?', [
      ...PRESETS.map((preset) => ({ label: preset.title, value: preset })),
      { label: 'Variables of the environment, from a list', value: 'env' },
      { label: 'A file of yours (JSON, mode 0600)', value: 'file' },
      { label: 'Another program, which speaks the protocol', value: 'exec' },
      { label: 'No more', value: undefined },
    ]);
    if (kind === undefined) return providers;
    const provider = await (typeof kind === 'object' ? presetOf(kind, talk, world) : OWN_KINDS[kind](talk));
    const alias = await askAlias(talk, typeof kind === 'object' ? aliasOf(kind) : kind, [
      ...known,
      ...Object.keys(providers),
    ]);
    providers[alias] = provider;
  }
}

/** The provider of one preset, as `--preset` names it, without a menu. */
export async function configurePreset(
  name: string,
  talk: Conversation,
  known: readonly string[],
  world: World,
): Promise<Providers> {
  const { PRESETS } = await import('../secrets/presets/index.js');
  const preset = PRESETS.find((one) => one.name === name);
  if (!preset) throw wrongUsage('there is no such preset', `Known: ${PRESETS.map((one) => one.name).join(', ')}`);
  const provider = await presetOf(preset, talk, world);
  return { [await askAlias(talk, aliasOf(preset), known)]: provider };
}

/** An alias begins with a letter. */
const aliasOf = ({ name, command }: Preset): string => (/^[a-z]/.test(name) ? name : command);

async function presetOf(preset: Preset, talk: Conversation, world: World): Promise<object> {
  const [{ findCommand }, { presetProvider }, { isAbsolute, dirname, basename }] = await Promise.all([
    import('../secrets/presets/find-command.js'),
    import('../secrets/presets/preset-provider.js'),
    import('node:path'),
  ]);
  let command = await findCommand(preset.command, world.environment['PATH'] ?? '');
  while (!command) {
    world.terminal.say(`${preset.command} is not on the PATH.`);
    const path = await talk.ask(`Where is the program ${preset.command}?`, {
      check: (text) => (isAbsolute(text) ? undefined : 'An absolute path, please.'),
    });
    command = await findCommand(basename(path), dirname(path));
  }
  world.terminal.say(`${preset.title}: ${command.path}`);
  const options: Record<string, string> = {};
  for (const { name, question, initial, pattern, rule } of preset.options) {
    const check = (text: string): string | undefined => (pattern.test(text) ? undefined : `It ${rule}.`);
    options[name] = await talk.ask(question, { check, ...(initial !== undefined && { initial }) });
  }
  return presetProvider(preset, command, options, { node: process.execPath, script: world.program });
}

const OWN_KINDS = {
  env: async (talk: Conversation) => {
    const names = await talk.ask('Which variables may be read? Names with commas between:', {
      check: (text) =>
        splitNames(text).every((name) => /^[A-Z_][A-Z0-9_]{0,127}$/.test(name))
          ? undefined
          : 'Names in capitals, please, such as OPENAI_API_KEY.',
    });
    return { source: 'env', allowlist: splitNames(names) };
  },
  file: async (talk: Conversation) => {
    const path = await talk.ask('Which file?', { check: absolute });
    const mode = await talk.choose('What is in it?', [
      { label: 'An object; an id is a JSON Pointer such as /openai/apiKey', value: 'json' },
      { label: 'One secret; its id is "value"', value: 'singleValue' },
    ]);
    return { source: 'file', path, mode };
  },
  exec: async (talk: Conversation) => {
    const command = await talk.ask('Which program? Its absolute path:', { check: absolute });
    const names = await talk.ask('Which variables does it get? Names with commas between, or - for none:', {
      initial: '-',
    });
    return { source: 'exec', command, ...(names !== '-' && { passEnv: splitNames(names) }) };
  },
} as const;

const absolute = (text: string): string | undefined =>
  /^(\/|~\/)/.test(text) ? undefined : 'An absolute path, please.';

const splitNames = (text: string): string[] => text.split(/[\s,]+/).filter((name) => name !== '');

async function askAlias(talk: Conversation, initial: string, taken: readonly string[]): Promise<string> {
  const { ALIAS, ALIAS_RULE } = await import('../secrets/secret-ref.js');
  const free = freeName(initial, taken);
  return talk.ask('What is it to be called?', {
    initial: free,
    check: (text) => {
      if (!ALIAS.test(text)) return `It ${ALIAS_RULE}.`;
      return taken.includes(text) ? 'There is one of that name already.' : undefined;
    },
  });
}

function freeName(name: string, taken: readonly string[]): string {
  const others = Array.from({ length: taken.length + 1 }, (_, i) => `${name}${i + 2}`);
  return [name, ...others].find((one) => !taken.includes(one))!;
}

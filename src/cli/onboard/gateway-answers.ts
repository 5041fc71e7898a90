import type { Conversation } from '../conversation.js';
import { BIND_WORDS, parsePort } from '../gateway-run.js';
import { CliError, wrongUsage } from '../cli-error.js';
import type { Draft } from './draft.js';
import type { OnboardOptions } from './options.js';

const DEFAULT_PORT = 18789;

/** Where the gateway listens. What must fit together, the check of the whole configuration says. */
export async function gatewayAnswers(
  draft: Draft,
  options: OnboardOptions,
  talk: Conversation | undefined,
): Promise<void> {
  await settle(draft, {
    path: 'gateway.port',
    flag: '--port',
    given: options.port,
    usual: DEFAULT_PORT,
    ask: talk && ((initial) => askPort(talk, initial)),
  });
  const bind = await settle(draft, {
    path: 'gateway.bind',
    flag: '--bind',
    given: options.bind,
    usual: 'loopback',
    ask: talk && ((initial) => talk.choose('Who can reach the gateway?', BINDS, String(initial))),
  });
  if (bind === 'custom' || options.customBindHost !== undefined) {
    const host = await settle(draft, {
      path: 'gateway.customBindHost',
      flag: '--custom-bind-host',
      given: options.customBindHost,
      ask: talk && ((initial) => talk.ask('On which IPv4 address of this machine?', text(initial))),
    });
    if (host === undefined) {
      throw wrongUsage(
        'gateway.customBindHost is missing, which gateway.bind "custom" needs',
        'Give it by --custom-bind-host <address>.',
      );
    }
  }
}

/** Whether Tailscale publishes the gateway: only on loopback can it, so that elsewhere nobody is asked. */
export async function tailscaleAnswer(
  draft: Draft,
  options: OnboardOptions,
  talk: Conversation | undefined,
): Promise<void> {
  const isAsked = draft.scene.settings.get('gateway.tailscale.mode') !== undefined || isOnLoopback(draft);
  await settle(draft, {
    path: 'gateway.tailscale.mode',
    flag: '--tailscale',
    given: options.tailscale,
    usual: 'off',
    ask: isAsked ? talk && ((initial) => askTailscale(talk, String(initial))) : undefined,
  });
}

interface Question {
  readonly path: string;
  readonly flag: string;
  readonly given: unknown;
  readonly usual?: unknown;
  /** `initial`: what the file says, else what is usual. */
  readonly ask: ((initial: unknown) => Promise<unknown>) | undefined;
}

/** By the flag, by what is settled, by asking, or as is usual. Resolves with what will hold. */
async function settle(draft: Draft, { path, flag, given, usual, ask }: Question): Promise<unknown> {
  if (given !== undefined) {
    draft.put(path, given, { flag });
    return given;
  }
  if (draft.isSettled(path)) return draft.scene.settings.get(path);
  const initial = draft.present(path) ?? usual;
  const value = ask ? await ask(initial) : initial;
  if (value !== undefined) draft.put(path, value);
  return value;
}

async function askPort(talk: Conversation, initial: unknown): Promise<unknown> {
  const answer = await talk.ask('Which port?', {
    ...text(initial),
    check: (typed) => (typed === String(initial) ? undefined : problemOf(() => parsePort(typed))),
  });
  return answer === String(initial) ? initial : parsePort(answer);
}

function askTailscale(talk: Conversation, initial: string): Promise<string> {
  const choices = [
    { label: 'Off', value: 'off' },
    { label: 'Serve: people of your tailnet reach it over HTTPS, and come in by their name', value: 'serve' },
  ];
  const isOther = choices.every(({ value }) => value !== initial);
  const all = isOther ? [{ label: `As it is (${initial})`, value: initial }, ...choices] : choices;
  return talk.choose('Is Tailscale to publish the gateway?', all, initial);
}

function isOnLoopback(draft: Draft): boolean {
  const bind = draft.told.get('gateway.bind') ?? draft.scene.settings.get('gateway.bind') ?? 'loopback';
  return bind === 'loopback';
}

/** What a word of `gateway.bind` means. */
const MEANINGS: Readonly<Record<string, string>> = {
  loopback: 'this machine alone',
  lan: 'every network of this machine',
  tailnet: 'the tailnet',
  auto: 'this machine, else every network',
  custom: 'one address of this machine',
};

const BINDS = BIND_WORDS.map((value) => ({ label: `${value}: ${MEANINGS[value] ?? value}`, value }));

const text = (initial: unknown): { readonly initial?: string } =>
  initial === undefined ? {} : { initial: String(initial) };

function problemOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof CliError) return error.nextStep ?? error.message;
    throw error;
  }
}

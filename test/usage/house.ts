import { openAiCompletion, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { bearer, HOUSE_TOKEN, type Reply, type RequestOptions } from '../helpers/gateway.js';

/** What one call to `stand/priced` uses, as the stand-in counts: 10 tokens in, 40 out. */
export const USED = { prompt: 10, completion: 40 } as const;
export const TOKENS = 50;
/** 1 US dollar for a million tokens in, 2 for those out. */
export const COST = (10 * 1 + 40 * 2) / 1_000_000;

/** A provider whose answers come to the same each time. */
export async function provider(): Promise<StandInOpenAi> {
  const standIn = await StandInOpenAi.start();
  return standIn.always(({ json }) => ({ body: openAiCompletion('Yes.', String(json?.model), USED) }));
}

/** `priced` costs what `COST` says; `free` has no price. */
export function config(standIn: StandInOpenAi): Record<string, unknown> {
  const cost = { input: 1, output: 2 };
  const models = [
    { id: 'priced', maxTokens: 40, cost },
    { id: 'free', maxTokens: 40 },
  ];
  return {
    gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } },
    models: {
      providers: {
        stand: { type: 'openai', baseUrl: standIn.baseUrl, apiKey: 'sk-stand-in', models },
        thinker: { type: 'anthropic', baseUrl: standIn.baseUrl, apiKey: 'sk-stand-in', models },
      },
    },
    agents: {
      list: [
        { id: 'main', default: true, model: 'stand/priced' },
        { id: 'other', model: 'stand/priced' },
        { id: 'own', model: 'stand/priced', tenants: [HOUSE_TENANT] },
      ],
    },
  };
}

/** Whatever can be called over HTTP: a gateway in this process or in another. */
export interface Callable {
  call(path: string, options?: RequestOptions): Promise<Reply>;
}

export const house = bearer(HOUSE_TOKEN);

export interface Chat {
  readonly headers?: Readonly<Record<string, string>>;
  readonly model?: string;
  /** The longest answer asked for. */
  readonly max?: number;
  readonly session?: string;
}

/** One call to a model. */
export function chat(
  gateway: Callable,
  { headers = house, model = 'openclaw', max = 40, session }: Chat = {},
): Promise<Reply> {
  return gateway.call('/v1/chat/completions', {
    method: 'POST',
    headers: { ...headers, ...(session !== undefined && { 'x-openclaw-session-key': session }) },
    body: { model, max_tokens: max, messages: [{ role: 'user', content: 'Is it?' }] },
  });
}

/** Sets a budget. */
export function set(
  gateway: Callable,
  key: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = house,
): Promise<Reply> {
  return gateway.call(`/api/v1/budgets/${encodeURIComponent(key)}`, { method: 'PUT', headers, body });
}

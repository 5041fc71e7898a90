import type { Readable } from 'node:stream';
import { ModelCalls } from '../../src/chat/model-calls.service.js';
import type { ModelAnswer, ModelCall } from '../../src/chat/model-call.js';
import { ConfigService } from '../../src/config/config.service.js';
import { providerId } from '../../src/credentials/profile.js';
import { HOUSE, type TestGateway } from '../helpers/gateway.js';

export const KEY = 'sk-test-4f1b9c0d7a6e5f3c2b1a';

export interface Asking extends Partial<Omit<ModelCall, 'models' | 'config'>> {
  /** As `provider/model`, the first choice first. */
  readonly models?: readonly string[];
}

export const CHAT = { model: 'agent', messages: [{ role: 'user', content: 'Hello' }] };

/** A call as an edge would hand it over, made at once. */
export function ask(
  gateway: TestGateway,
  { models = ['one/small'], body = CHAT, ...more }: Asking = {},
): Promise<ModelAnswer> {
  const isStream = body.stream === true;
  return gateway.app.get(ModelCalls, { strict: false }).ask({
    caller: HOUSE,
    requestId: 'r-1',
    endpoint: 'chat/completions',
    agent: 'main',
    body,
    isStream,
    signal: new AbortController().signal,
    ...more,
    models: models.map((text) => {
      const slash = text.indexOf('/');
      return { provider: providerId(text.slice(0, slash)), model: text.slice(slash + 1) };
    }),
    config: gateway.app.get(ConfigService).current,
  });
}

/** The whole body of an answer. */
export async function read(answer: ModelAnswer): Promise<string> {
  if (Buffer.isBuffer(answer.body)) return answer.body.toString('utf8');
  const parts: Buffer[] = [];
  for await (const part of answer.body as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** The data of each event of a stream, parsed where it is JSON. */
// A test reads what it expects; a wrong shape fails its expectation.
// oxlint-disable-next-line typescript/no-explicit-any
export function events(text: string): any[] {
  return text
    .split('\n\n')
    .filter((event) => event.includes('data:'))
    .map((event) => event.replace(/^[^]*?data: ?/, ''))
    .map((data) => (data === '[DONE]' ? data : (JSON.parse(data) as unknown)));
}

/** The next piece of a stream, as soon as it is there. */
export async function piece(body: Readable | Buffer): Promise<string> {
  if (Buffer.isBuffer(body)) throw new Error('the answer came at once');
  for (;;) {
    const part = body.read() as Buffer | null;
    if (part !== null) return part.toString('utf8');
    await new Promise((resolve) => body.once('readable', resolve));
  }
}

import { request as plainRequest, type IncomingMessage } from 'node:http';
import { CliError } from './cli-error.js';
import { refusal, unreachable } from './answers.js';
import type { Target } from './target.js';
import { LocalProof } from '../auth/local-proof.js';

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const JSON_TYPE = 'application/json';

/** A body, ready to be sent. */
interface Payload {
  readonly type: string;
  readonly text: string;
}

/** Speaks REST to one gateway. node:http, since the global fetch costs 90 ms at its first use. */
export class GatewayClient {
  constructor(
    readonly target: Target,
    /** How long the gateway may be silent, in milliseconds. */
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  get(path: string): Promise<unknown> {
    return this.call('GET', path);
  }

  post(path: string, body: unknown): Promise<unknown> {
    return this.call('POST', path, body);
  }

  patch(path: string, body: unknown): Promise<unknown> {
    return this.call('PATCH', path, body);
  }

  put(path: string, body: unknown): Promise<unknown> {
    return this.call('PUT', path, body);
  }

  delete(path: string): Promise<unknown> {
    return this.call('DELETE', path);
  }

  /** The answer whatever its status. Throws CliError when there is none. */
  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.send(method, path, body === undefined ? undefined : { type: JSON_TYPE, text: JSON.stringify(body) });
  }

  /** The same for an endpoint of OAuth, which takes a form. */
  askForm(path: string, form: Readonly<Record<string, string>>): Promise<Answer> {
    const text = new URLSearchParams(form).toString();
    return this.send('POST', path, { type: 'application/x-www-form-urlencoded', text });
  }

  /** The lines of an answer that may be longer than memory, as they come. Throws CliError where it breaks off. */
  async *lines(path: string): AsyncGenerator<string> {
    const response = await this.open('GET', path, undefined);
    const status = response.statusCode ?? 0;
    if (status >= 400) throw refusal(status, parse(await textOf(response), this.target), this.target);
    const { createInterface } = await import('node:readline');
    try {
      yield* createInterface({ input: response, crlfDelay: Infinity });
    } catch (error) {
      throw brokenOff(error);
    }
    if (!response.complete) throw brokenOff();
  }

  private async send(method: string, path: string, payload: Payload | undefined): Promise<Answer> {
    const response = await this.open(method, path, payload);
    const text = await textOf(response);
    return { status: response.statusCode ?? 0, body: parse(text, this.target) };
  }

  private async open(method: string, path: string, payload: Payload | undefined): Promise<IncomingMessage> {
    const { url } = this.target;
    const request = url.startsWith('https:') ? (await import('node:https')).request : plainRequest;
    return new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(
        url + path,
        { method, headers: headersOf(this.target, payload), timeout: this.timeoutMs },
        resolve,
      );
      sent.once('timeout', () => sent.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
      sent.once('error', reject);
      sent.end(payload?.text);
    }).catch((error: unknown) => {
      throw unreachable(this.target, error, this.timeoutMs);
    });
  }

  private async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 400) throw refusal(answer.status, answer.body, this.target);
    return answer.body;
  }
}

/** What a caller shows in its headers: a token or a password travels as the bearer (contract section 3). */
export function credentialHeaders({ token, password, proof }: Target): Record<string, string> {
  const bearer = token ?? password;
  return {
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    ...(proof !== undefined && { [LocalProof.HEADER]: proof }),
  };
}

function headersOf(target: Target, payload: Payload | undefined): Record<string, string> {
  const headers = { accept: 'application/json', ...credentialHeaders(target) };
  if (payload === undefined) return headers;
  return { ...headers, 'content-type': payload.type, 'content-length': String(Buffer.byteLength(payload.text)) };
}

const brokenOff = (cause?: unknown): CliError =>
  new CliError('the answer broke off before its end', {
    code: 'broken_off',
    nextStep: `What came so far is not all of it. Try again${cause instanceof Error ? ` (${cause.message})` : ''}.`,
  });

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new CliError('the answer is too large to be from a gateway');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, { url }: Target): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new CliError(`${url} answers, but it is no Doorward gateway`, {
      nextStep: 'Check the port, or name the gateway with --url.',
    });
  }
}

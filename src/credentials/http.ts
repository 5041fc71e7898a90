import { Agent, type Dispatcher, request } from 'undici';
import type { Clock } from '../kernel/clock.js';
import { Unavailable } from '../kernel/errors.js';

export interface HttpQuestion {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** In milliseconds and bytes. */
export interface HttpLimits {
  readonly patienceMs: number;
  readonly largest: number;
}

/** Many times what an answer of a token endpoint or a discovery document needs. */
const LIMITS: HttpLimits = { patienceMs: 20_000, largest: 512 * 1024 };

const CONNECT_MS = 10_000;

/**
 * Short questions to the servers at which logins are made and renewed. Bounded in time and size; a redirect is an answer
 * like any other and never followed, for the question holds a code or a refresh token (S177). A connection that another
 * question had opened is not used again: when it turns out to be dead, nobody knows whether the question was heard.
 */
export class HttpClient {
  private readonly dispatcher: Dispatcher = new Agent({ pipelining: 0, connect: { timeout: CONNECT_MS } });

  constructor(
    private readonly clock: Clock,
    private readonly limits: HttpLimits = LIMITS,
  ) {}

  /** Rejects with Unavailable, which names the host and nothing else, when there is no whole answer in time. */
  async ask(address: string, { method = 'GET', headers, body }: HttpQuestion = {}): Promise<HttpAnswer> {
    const { host } = new URL(address);
    const giveUp = new AbortController();
    const late = new Unavailable(`${host} does not answer`);
    const cancel = this.clock.after(this.limits.patienceMs, () => giveUp.abort(late));
    try {
      const { dispatcher } = this;
      const answer = await request(address, { dispatcher, method, headers, body, signal: giveUp.signal });
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: await bounded(answer.body, this.limits.largest, host),
      };
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      throw new Unavailable(`${host} cannot be reached`, { cause: error });
    } finally {
      cancel();
    }
  }

  /** Ends what is open. */
  async close(): Promise<void> {
    await this.dispatcher.close();
  }
}

/** What was not compressed: we ask for no encoding, and take none. */
async function bounded(body: AsyncIterable<Buffer>, largest: number, host: string): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.byteLength;
    // Leaving the loop ends the connection.
    if (size > largest) throw new Unavailable(`${host} answers more than ${largest} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

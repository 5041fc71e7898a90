import { Inject, Injectable } from '@nestjs/common';
import { Bulkhead } from '../../kernel/bulkhead.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { isSafeEndpoint } from '../../kernel/safe-endpoint.js';

/** Many times what any discovery document or set of keys needs. */
const LARGEST = 512 * 1024;
const PATIENCE_MS = 5_000;
const AT_ONCE = 16;
const WAITING = 64;

/** Responses that have no body (Fetch standard). */
const BODILESS = [101, 204, 205, 304];

/**
 * What the accounts ask of other servers: of configured ones alone, over TLS, never where an answer redirects to (ASVS
 * 15.3.2), and with bounds on size, time and number (ASVS 13.1). Whatever goes wrong is Unavailable, which names the host.
 */
@Injectable()
export class Outbound {
  private readonly places = new Bulkhead(AT_ONCE, WAITING);

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** As the standard's `fetch`, with the whole body read already. */
  async fetch(address: string, init: RequestInit = {}): Promise<Response> {
    if (!isSafeEndpoint(address)) throw new Unavailable('an address that is neither https nor on this machine');
    const { host } = new URL(address);
    return this.places.run(async () => {
      const giveUp = new AbortController();
      const cancel = this.clock.after(PATIENCE_MS, () => giveUp.abort(new Unavailable(`${host} does not answer`)));
      try {
        return await ask(address, host, { ...init, redirect: 'manual', signal: giveUp.signal });
      } catch (error) {
        if (error instanceof Unavailable) throw error;
        throw new Unavailable(`${host} cannot be reached`, { cause: error });
      } finally {
        cancel();
      }
    });
  }

  /** The JSON object at an address. */
  async json(address: string): Promise<Readonly<Record<string, unknown>>> {
    const response = await this.fetch(address, { headers: { accept: 'application/json' } });
    const { host } = new URL(address);
    if (response.status !== 200) throw new Unavailable(`${host} answers ${response.status}`);
    const value: unknown = await response.json().catch(() => undefined);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Unavailable(`${host} answers no JSON object`);
    }
    return value as Record<string, unknown>;
  }
}

async function ask(address: string, host: string, init: RequestInit): Promise<Response> {
  const response = await fetch(address, init);
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    throw new Unavailable(`${host} redirects, which is not followed`);
  }
  const { status, headers } = response;
  if (BODILESS.includes(status)) return new Response(null, { status, headers });
  return new Response(await bounded(response, host), { status, headers });
}

/** What was unpacked counts: a small answer may become a large one. */
async function bounded(response: Response, host: string): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    // Leaving the loop cancels the rest.
    if (size > LARGEST) throw new Unavailable(`${host} answers more than ${LARGEST} bytes`);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

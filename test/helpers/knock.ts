import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { bearer, type Reply, type RequestOptions } from './gateway.js';

/** What a caller shows, in the words of no transport: REST has one bearer for all three secrets. */
export interface Shown {
  readonly token?: string;
  readonly password?: string;
  readonly deviceToken?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The local address to call from: 127.0.0.2 is another one, and still this machine. */
  readonly from?: string;
  /** Another way to the gateway than its port on loopback. */
  readonly dial?: () => Socket;
  /** What a WebSocket client asks to be given. */
  readonly scopes?: readonly string[];
}

/** What came of it, the same at every door. */
export interface Outcome {
  /** The method that answered, or the code of the refusal. */
  readonly outcome: string;
  /** The HTTP status, or how a WebSocket ended: `open`, or its close code. */
  readonly status: number | 'open';
  readonly scopes?: readonly string[];
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  /** Everything that came back, to be searched for what should not be in it. */
  readonly text: string;
}

/** Where a gateway is. */
export interface Address {
  readonly port: number;
  call(path: string, options?: RequestOptions): Promise<Reply>;
}

export const DOORS = ['REST', 'JSON-RPC', 'native'] as const;
export type Door = (typeof DOORS)[number];
export type Dialect = Exclude<Door, 'REST'>;

/** Shows it at a door, and goes away again. */
export async function knock(gateway: Address, door: Door, shown: Shown): Promise<Outcome> {
  if (door === 'REST') return knockByRest(gateway, shown);
  const socket = new Visitor(gateway.port, door, shown);
  const outcome = await socket.outcome;
  socket.leave();
  return outcome;
}

async function knockByRest(
  gateway: Address,
  { token, password, deviceToken, headers, from, dial }: Shown,
): Promise<Outcome> {
  const secret = token ?? password ?? deviceToken;
  const {
    status,
    body,
    text: raw,
    headers: sent,
  } = await gateway.call('/api/v1/whoami', {
    from,
    dial,
    headers: { ...headers, ...(secret !== undefined && bearer(onTheWire(secret))) },
  });
  return {
    status,
    outcome: body.method ?? body.error.code,
    scopes: body.scopes,
    requestId: String(sent['x-request-id']),
    retryAfterMs: sent['retry-after'] === undefined ? undefined : Number(sent['retry-after']) * 1000,
    text: raw + JSON.stringify(sent),
  };
}

/** A header is bytes; curl and its like send a password in UTF-8, and Node sends each character as a byte. */
const onTheWire = (secret: string): string => Buffer.from(secret).toString('latin1');

interface Frame {
  readonly ok?: boolean;
  readonly payload?: HelloOk;
  readonly result?: HelloOk;
  readonly error?: NativeError & { readonly data?: NativeError };
}

interface HelloOk {
  readonly auth: { readonly method: string; readonly scopes: readonly string[] };
  readonly server: { readonly connId: string };
}

interface NativeError {
  readonly message: string;
  readonly retryAfterMs?: number;
  readonly details?: { readonly authReason?: string; readonly code?: string; readonly requestId?: string };
}

/** A WebSocket client that shows what it has in its first frame, and stays. */
export class Visitor {
  /** Settles when the gateway has said yes, or has said no and hung up. Rejects when there is none. */
  readonly outcome: Promise<Outcome>;
  readonly closed: Promise<{ code: number; reason: string; at: number }>;
  private readonly socket: WebSocket;

  constructor(
    port: number,
    private readonly dialect: Dialect,
    private readonly shown: Shown,
  ) {
    const { headers, from, dial } = shown;
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers, localAddress: from, createConnection: dial });
    // A cut connection shows as its close, 1006.
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: String(reason), at: performance.now() }));
    });
    this.outcome = Promise.race([this.refusedUpgrade(), this.connect()]);
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  leave(): void {
    this.socket.terminate();
  }

  private async refusedUpgrade(): Promise<Outcome> {
    const [, response] = (await once(this.socket, 'unexpected-response')) as [unknown, IncomingMessage];
    const body = await text(response);
    const { error } = JSON.parse(body) as { error: { code: string; requestId: string } };
    const after = response.headers['retry-after'];
    return {
      status: response.statusCode!,
      outcome: error.code,
      requestId: error.requestId,
      retryAfterMs: after === undefined ? undefined : Number(after) * 1000,
      text: body + JSON.stringify(response.headers),
    };
  }

  private async connect(): Promise<Outcome> {
    await this.frame(); // the challenge
    const answer = this.frame();
    const { token, password, deviceToken, scopes } = this.shown;
    const params = { client: { id: 'test', version: '1' }, auth: { token, password, deviceToken }, scopes };
    const call =
      this.dialect === 'native'
        ? { type: 'req', id: '1', method: 'connect', params: { minProtocol: 3, maxProtocol: 4, ...params } }
        : { jsonrpc: '2.0', id: 1, method: 'connect', params: { role: 'control', ...params } };
    this.socket.send(JSON.stringify(call));

    const raw = await answer;
    const frame = JSON.parse(raw) as Frame;
    const hello = frame.payload ?? frame.result;
    if (hello) {
      const { auth, server } = hello;
      return { status: 'open', outcome: auth.method, scopes: auth.scopes, requestId: server.connId, text: raw };
    }
    const { code, reason } = await this.closed;
    const { details, retryAfterMs } = frame.error!.data ?? frame.error!;
    const outcome = details?.authReason ?? details?.code ?? 'none';
    return { status: code, outcome, requestId: details?.requestId, retryAfterMs, text: raw + reason };
  }

  private async frame(): Promise<string> {
    const [data] = (await once(this.socket, 'message')) as [Buffer];
    return data.toString();
  }
}

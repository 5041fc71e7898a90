import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Dial } from './raw-http.js';

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

// A test reads what it expects; a wrong shape fails its expectation.
// oxlint-disable-next-line typescript/no-explicit-any
export type Frame = any;

export interface OpenOptions {
  /** Default `/ws`. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** The local address to call from: 127.0.0.2 is another one, and still this machine. */
  readonly from?: string;
  /** Makes the connection, where a local address is not enough. */
  readonly dial?: Dial;
  /** Answer pings? Default yes. */
  readonly autoPong?: boolean;
}

/** Where a gateway is. */
export interface Place {
  readonly port: number;
}

/** What an upgrade was refused with. */
export interface UpgradeRefusal {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Frame;
}

/** A real client with the `ws` package, whose frames can be waited for one by one. */
export class WsClient {
  readonly closed: Promise<Closed>;
  /** The first frame of every gateway, taken out of the row. */
  challenge: Frame;

  private readonly frames: Frame[] = [];
  private readonly waiting: ((frame: Frame) => void)[] = [];
  private end?: Closed;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => this.take(JSON.parse((data as Buffer).toString())));
    // What goes wrong shows in the close that follows.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      socket.on('close', (code, reason) => {
        this.end = { code, reason: reason.toString() };
        for (const give of this.waiting.splice(0)) give(undefined);
        resolve(this.end);
      }),
    );
  }

  /** Resolves when the challenge has come. Rejects when the upgrade is refused. */
  static async open(place: Place, options: OpenOptions = {}): Promise<WsClient> {
    const client = new WsClient(connectTo(place, options));
    const refused = new Promise<never>((_resolve, reject) => {
      client.socket.once('unexpected-response', (_request, response) => {
        response.resume();
        reject(new Error(`upgrade refused: ${response.statusCode}`));
      });
    });
    client.challenge = await Promise.race([client.next(), refused]);
    return client;
  }

  /** The answer to an upgrade that is expected to be refused. */
  static refusal(place: Place, options: OpenOptions = {}): Promise<UpgradeRefusal> {
    const socket = connectTo(place, options);
    return new Promise((resolve, reject) => {
      socket.on('error', () => undefined);
      socket.once('open', () => {
        socket.terminate();
        reject(new Error('the upgrade was accepted'));
      });
      socket.once('unexpected-response', (_request, response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: JSON.parse(text) as Frame }),
        );
      });
    });
  }

  /** Sends text as it is, and anything else as JSON. */
  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The next frame, or undefined when the socket closes before there is one. */
  next(): Promise<Frame> {
    if (this.frames.length > 0) return Promise.resolve(this.frames.shift());
    if (this.end) return Promise.resolve(undefined);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Sends a frame and resolves with the next one that is no event: undefined when the socket closes instead. */
  async ask(frame: unknown): Promise<Frame> {
    this.send(frame);
    let answer: Frame;
    do answer = await this.next();
    while (answer?.event !== undefined || answer?.method !== undefined);
    return answer;
  }

  close(): void {
    this.socket.terminate();
  }

  private take(frame: Frame): void {
    const give = this.waiting.shift();
    if (give) give(frame);
    else this.frames.push(frame);
  }
}

function connectTo({ port }: Place, { path = '/ws', headers, from, dial, autoPong }: OpenOptions): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers,
    localAddress: from,
    autoPong,
    ...(dial && { createConnection: dial }),
  });
}

/** An error of either dialect: ours in native words, and the number that JSON-RPC adds. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details?: Frame;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly rpcCode?: number;
}

/** How a dialect puts calls and answers, so that one test can be run in both. */
export interface Speech {
  readonly name: 'json-rpc' | 'native';
  call(id: number, method: string, params?: unknown): object;
  result(frame: Frame): Frame;
  failure(frame: Frame): Failure;
}

export const JSON_RPC: Speech = {
  name: 'json-rpc',
  call: (id, method, params) => ({ jsonrpc: '2.0', id, method, params }),
  result: (frame) => (frame?.jsonrpc === '2.0' ? frame.result : undefined),
  failure: ({ error }) => ({ ...error.data, rpcCode: error.code }),
};

export const NATIVE: Speech = {
  name: 'native',
  call: (id, method, params) => ({ type: 'req', id: String(id), method, params }),
  result: (frame) => (frame?.type === 'res' && frame.ok ? frame.payload : undefined),
  failure: ({ error }) => error,
};

export const DIALECTS = [JSON_RPC, NATIVE];

/** Opens a socket and connects on it. Fails the test when that is refused. */
export async function connected(
  place: Place,
  speech: Speech,
  params: object = {},
  options: OpenOptions = {},
): Promise<{ client: WsClient; hello: Frame }> {
  const client = await WsClient.open(place, options);
  const hello = speech.result(await client.ask(speech.call(1, 'connect', params)));
  if (hello?.type !== 'hello-ok') throw new Error(`connect was refused: ${JSON.stringify(await client.closed)}`);
  return { client, hello };
}

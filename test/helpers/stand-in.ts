import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

/** A request as the stand-in saw it. */
export interface Asked {
  readonly method: string;
  /** With the query, as it was written. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly text: string;
  /** The body parsed; undefined for what is no JSON. */
  // A test reads what it expects; a wrong shape fails its expectation.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
  /** Settles when the exchange is over: `true` when whoever asked left before the end. */
  readonly over: Promise<boolean>;
}

/** What a stand-in answers. */
export interface StandInAnswer {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** An object is sent as JSON; a text that begins like events as text/event-stream, unless `headers` say otherwise. */
  readonly body?: string | Uint8Array | object;
  /** The byte edges at which the body is cut into pieces that are written one after the other; or before every byte. */
  readonly cuts?: readonly number[] | 'every byte';
  /** Awaited before the head is sent. */
  readonly before?: Promise<unknown>;
  /** Awaited before each piece, counted from 0. */
  readonly gate?: (piece: number) => Promise<unknown> | undefined;
  /** Asked before each piece, after `gate`: whether the body ends there. */
  readonly endsAt?: (piece: number) => boolean;
  /** The connection is broken off after so many bytes of the body; 0: before the head. */
  readonly breakAfter?: number;
  /** The body never ends. */
  readonly hangs?: boolean;
}

export type StandInReply = StandInAnswer | ((asked: Asked) => StandInAnswer | Promise<StandInAnswer>);

export interface StandInOptions {
  /** Answers over TLS with this key and certificate (PEM). */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Default: 127.0.0.1. */
  readonly host?: string;
}

/**
 * A model provider on a free port of this machine: a real HTTP server that keeps what it was asked and answers what a
 * test says, else as the provider's documentation does. Close it when the test is over.
 */
export class StandIn {
  readonly asked: Asked[] = [];
  /** How many connections were opened since the start, or since `clear`. */
  connections = 0;
  private readonly next: StandInReply[] = [];

  protected constructor(
    private readonly server: Server,
    private readonly scheme: string,
    private usual: StandInReply,
  ) {
    server.on('connection', () => (this.connections += 1));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.serve(request, response));
  }

  protected static async listen({ tls, host = '127.0.0.1' }: StandInOptions): Promise<[Server, string]> {
    const server = tls ? createTlsServer({ ...tls }) : createServer();
    server.keepAliveTimeout = 60_000;
    await once(server.listen(0, host), 'listening');
    return [server, tls ? 'https' : 'http'];
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Without path. */
  get origin(): string {
    return `${this.scheme}://127.0.0.1:${this.port}`;
  }

  /** As a configuration names it. */
  get baseUrl(): string {
    return `${this.origin}/v1`;
  }

  /** What was asked last. */
  get last(): Asked {
    const last = this.asked.at(-1);
    if (!last) throw new Error('the stand-in was asked nothing');
    return last;
  }

  /** From now on, for every request that `once` says nothing about. */
  always(reply: StandInReply): this {
    this.usual = reply;
    return this;
  }

  /** For the next requests, one each. */
  once(...replies: StandInReply[]): this {
    this.next.push(...replies);
    return this;
  }

  /** Forgets what it was asked and what it should answer once. */
  clear(): this {
    this.asked.length = 0;
    this.next.length = 0;
    this.connections = 0;
    return this;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const over = new Promise<boolean>((resolve) => response.once('close', () => resolve(!response.writableFinished)));
    const parts: Buffer[] = [];
    request.on('error', () => undefined); // whoever asked has left: `over` says so
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return; // the same
    }
    const text = Buffer.concat(parts).toString('utf8');
    const { method = '', url = '', headers, rawHeaders } = request;
    const asked = { method, path: url, headers, rawHeaders, text, json: parsed(text), over };
    this.asked.push(asked);
    const reply = this.next.shift() ?? this.usual;
    await send(response, typeof reply === 'function' ? await reply(asked) : reply);
  }
}

async function send(response: ServerResponse, answer: StandInAnswer): Promise<void> {
  const { status = 200, headers = {}, body = '', before, gate, endsAt, breakAfter = Infinity, hangs } = answer;
  await before;
  if (breakAfter === 0) return void response.destroy();
  const bytes = bytesOf(body);
  response.socket?.setNoDelay(true);
  response.writeHead(status, { 'content-type': typeOf(body), ...headers });
  response.flushHeaders();
  let sent = 0;
  for (const [index, piece] of piecesOf(bytes, answer.cuts).entries()) {
    await gate?.(index);
    if (response.destroyed) return;
    if (endsAt?.(index)) break;
    const left = piece.subarray(0, breakAfter - sent);
    if (!response.write(left)) await room(response);
    sent += left.byteLength;
    if (sent >= breakAfter) {
      await turn();
      return void response.destroy();
    }
    // Each piece travels by itself.
    await turn();
  }
  if (!hangs) response.end();
}

/** Waits until more can be written, or nobody reads any more. */
function room(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
}

function piecesOf(bytes: Buffer, cuts: StandInAnswer['cuts'] = []): Buffer[] {
  const inside = cuts === 'every byte' ? [...bytes.keys()] : cuts.filter((cut) => cut > 0 && cut < bytes.byteLength);
  const edges = [...new Set([0, ...inside, bytes.byteLength])].sort((a, b) => a - b);
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

function bytesOf(body: string | Uint8Array | object): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'utf8');
}

function typeOf(body: string | Uint8Array | object): string {
  const isEvents = /^(data|event|id|:)/.test(typeof body === 'string' ? body : bytesOf(body).toString('utf8', 0, 8));
  return isEvents ? 'text/event-stream; charset=utf-8' : 'application/json';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

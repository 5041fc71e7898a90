import { connect, type Socket } from 'node:net';

/** One way to a server: a new connection each time. */
export type Dial = () => Socket;

/** From this machine itself, under any of its loopback addresses. */
export const local =
  (port: number, from?: string): Dial =>
  () =>
    connect({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true });

/** An answer as it stood on the wire. */
export interface RawReply {
  readonly status: number;
  /** By lower-case name; several lines of one name are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What came back on one connection. */
export interface Exchange {
  readonly replies: readonly RawReply[];
  readonly closed: boolean;
}

/** Says bytes on a connection of its own, as they are, and hears what comes of it. */
export class RawConnection {
  private bytes = Buffer.alloc(0);
  private ended = false;
  private readonly socket: Socket;
  private wake = (): void => {};

  constructor(
    dial: Dial,
    /** Answers to HEAD announce a body that does not come. */
    private readonly bodiless = false,
  ) {
    this.socket = dial();
    this.socket.on('data', (part: Buffer) => {
      this.bytes = Buffer.concat([this.bytes, part]);
      this.wake();
    });
    const over = (): void => {
      this.ended = true;
      this.wake();
    };
    // Being cut off is an ending like another: the test looks at what came before.
    this.socket.on('end', over).on('close', over).on('error', over);
  }

  get closed(): boolean {
    return this.ended;
  }

  /** Bytes of ours that the other side has not taken yet. */
  get unsent(): number {
    return this.socket.writableLength;
  }

  get replies(): RawReply[] {
    return parseReplies(this.bytes.toString('latin1'), this.bodiless);
  }

  write(bytes: string | Buffer): boolean {
    return this.socket.writable && this.socket.write(bytes);
  }

  /** Resolves when so many answers are complete, or nothing more can come. */
  async answers(count: number): Promise<RawReply[]> {
    while (!this.ended && this.replies.filter(isFinal).length < count) await this.news();
    return this.replies;
  }

  async end(): Promise<void> {
    while (!this.ended) await this.news();
  }

  hangUp(): void {
    this.socket.destroy();
  }

  private news(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}

/** Says `bytes`, waits for one answer to each request that they hold, or for the end, and hangs up. */
export async function talk(
  dial: Dial,
  bytes: string | Buffer,
  { answers = 1, bodiless = false } = {},
): Promise<Exchange> {
  const connection = new RawConnection(dial, bodiless);
  connection.write(bytes);
  const replies = await connection.answers(answers);
  const { closed } = connection;
  connection.hangUp();
  return { replies, closed };
}

/** A request of these lines, with Host and an empty line after them. */
export const request = (line: string, headers: readonly string[] = [], body = ''): string =>
  [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', body].join('\r\n');

const isFinal = ({ status }: RawReply): boolean => status >= 200 || status === 101;

function parseReplies(text: string, bodiless: boolean): RawReply[] {
  const replies: RawReply[] = [];
  for (let rest = text; rest !== '';) {
    const reply = parseReply(rest, bodiless);
    if (!reply) break;
    replies.push(reply);
    rest = reply.rest;
  }
  return replies;
}

function parseReply(text: string, bodiless: boolean): (RawReply & { rest: string }) | undefined {
  const gap = text.indexOf('\r\n\r\n');
  if (gap === -1) return undefined;
  const [first, ...lines] = text.slice(0, gap).split('\r\n') as [string, ...string[]];
  const status = Number(/^HTTP\/1\.[01] (\d{3})\b/.exec(first)?.[1]);
  if (!status) throw new Error(`not an answer of HTTP: ${JSON.stringify(first)}`);

  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  const body = text.slice(gap + 4);
  if (bodiless || status < 200 || status === 204) return { status, headers, body: '', rest: body };
  if (headers['transfer-encoding'] === 'chunked') return unchunked(status, headers, body);

  const length = Number(headers['content-length'] ?? 0);
  return body.length < length ? undefined : { status, headers, body: body.slice(0, length), rest: body.slice(length) };
}

function unchunked(
  status: number,
  headers: Record<string, string>,
  text: string,
): (RawReply & { rest: string }) | undefined {
  let body = '';
  for (let rest = text; ;) {
    const [line, size] = /^([0-9a-f]+)[^\r]*\r\n/i.exec(rest) ?? [];
    if (line === undefined) return undefined;
    const length = Number.parseInt(size!, 16);
    const end = line.length + length;
    if (rest.length < end + 2) return undefined;
    body += rest.slice(line.length, end);
    rest = rest.slice(end + 2);
    if (length === 0) return { status, headers, body, rest };
  }
}

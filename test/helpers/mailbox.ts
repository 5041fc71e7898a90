import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { until } from './until.js';

export interface Received {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  /** Decoded. */
  readonly text: string;
  /** The first link in it, and the code behind its `#`. */
  readonly link?: string;
  readonly code?: string;
}

/** A real server of mail that keeps what it is given. */
export class Mailbox {
  readonly letters: Received[] = [];
  /** While set, letters are refused with it, as by a server that is overloaded. */
  refusal?: string;
  private readonly server: SMTPServer;

  private constructor(user?: { name: string; password: string }) {
    this.server = new SMTPServer({
      disabledCommands: ['STARTTLS', ...(user ? [] : ['AUTH'])],
      authOptional: user === undefined,
      onAuth: ({ username, password }, _session, done) => {
        if (username === user?.name && password === user?.password) done(null, { user: username });
        else done(new Error('wrong user or password'));
      },
      onData: (stream, session, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => {
          if (this.refusal !== undefined) return done(Object.assign(new Error(this.refusal), { responseCode: 451 }));
          const { mailFrom, rcptTo } = session.envelope;
          const from = mailFrom === false ? '' : mailFrom.address;
          this.letters.push(read(Buffer.concat(parts).toString('latin1'), from, rcptTo[0]!.address));
          return done();
        });
      },
    });
  }

  /** With a user it asks for one. */
  static async open(user?: { name: string; password: string }): Promise<Mailbox> {
    const mailbox = new Mailbox(user);
    const listening = mailbox.server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    return mailbox;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  /** The newest letter to somebody, once there are `count` of them. */
  async to(address: string, count = 1): Promise<Received> {
    const found = (): Received[] => this.letters.filter(({ to }) => to === address);
    await until(`letter ${count} to ${address}`, () => found().length >= count);
    return found().at(-1)!;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

function read(message: string, from: string, to: string): Received {
  const [head = '', ...rest] = message.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const subject = /^Subject: (.*)$/m.exec(head)?.[1]?.trim() ?? '';
  const encoding = /^Content-Transfer-Encoding: (.*)$/im.exec(head)?.[1]?.trim().toLowerCase();
  const text = decoded(body, encoding).replaceAll('\r\n', '\n');
  const link = /https?:\/\/\S+/.exec(text)?.[0];
  const code = link === undefined ? undefined : /#code=(\S+)/.exec(link)?.[1];
  return { from, to, subject, text, ...(link !== undefined && { link }), ...(code !== undefined && { code }) };
}

function decoded(body: string, encoding = '7bit'): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body;
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

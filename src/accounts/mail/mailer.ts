import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Transporter } from 'nodemailer';
import { ConfigService } from '../../config/config.service.js';
import type { ConfigSnapshot } from '../../config/settings.js';
import { Bulkhead } from '../../kernel/bulkhead.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { LOG, type Log } from '../../kernel/log.js';
import { isLocalName } from '../../kernel/net.js';
import type { Letter } from './letters.js';
import { MailSettings, sendsMail } from './mail.settings.js';

/** A server of mail may be away for a while: when to try again, in milliseconds after each failure. */
const AGAIN_AFTER_MS = [5_000, 60_000] as const;
const AT_ONCE = 2;
const WAITING = 200;
const PATIENCE_MS = 20_000;

/** Sends letters in the background: nobody's answer waits for a server of mail, or tells by its time that one was asked. */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private readonly bulkhead = new Bulkhead(AT_ONCE, WAITING);
  private readonly retries = new Set<() => void>();

  constructor(
    private readonly config: ConfigService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Whether there is a server of mail. */
  get sends(): boolean {
    return sendsMail(this.config.current);
  }

  /** Never rejects. Without a server of mail, a link is written into the log once: the operator can pass it on. */
  post(letter: Letter): void {
    const { kind, to, link } = letter;
    if (this.sends) return void this.attempt(letter, 0);
    if (link !== undefined)
      this.log.warn('mail: no server is configured (accounts.mail.host); pass this link on', {
        event: 'mail.link',
        kind,
        to,
        operatorLink: link,
      });
  }

  onApplicationShutdown(): void {
    for (const cancel of this.retries) cancel();
  }

  private async attempt(letter: Letter, failures: number): Promise<void> {
    const { kind } = letter;
    try {
      await this.bulkhead.run(() => this.send(letter));
      this.log.info('mail: sent', { event: 'mail.sent', kind });
    } catch (error) {
      const again = AGAIN_AFTER_MS[failures];
      // What the server said may hold the address, never the letter.
      const fields = { event: 'mail.failed', kind, code: errorCode(error), again: again !== undefined };
      this.log.error('mail: could not be sent', fields);
      if (again !== undefined && !(error instanceof Unavailable)) this.later(letter, failures + 1, again);
    }
  }

  private later(letter: Letter, failures: number, ms: number): void {
    const cancel = this.clock.after(ms, () => {
      this.retries.delete(cancel);
      void this.attempt(letter, failures);
    });
    this.retries.add(cancel);
  }

  private async send({ to, subject, text }: Letter): Promise<void> {
    const transport = await transportOf(this.config.current);
    try {
      const { from } = this.config.current.get(MailSettings);
      await transport.sendMail({ from, to, subject, text, disableFileAccess: true, disableUrlAccess: true });
    } finally {
      transport.close();
    }
  }
}

/** A connection for each letter: they are few, and the settings may have changed since the last one. */
async function transportOf(config: ConfigSnapshot): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  const { url, host, port, secure, user, password } = config.get(MailSettings);
  const times = { connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS, socketTimeout: PATIENCE_MS };
  if (url !== undefined) {
    const { username, hostname } = new URL(url);
    return createTransport({ ...times, url, requireTLS: needsTls(username !== '', hostname) });
  }
  const auth = user === undefined ? undefined : { user, pass: password };
  return createTransport({ ...times, host, port, secure, auth, requireTLS: needsTls(auth !== undefined, host ?? '') });
}

/** Our password crosses no network in the clear, whatever a server offers, or somebody in between. */
const needsTls = (hasPassword: boolean, host: string): boolean => hasPassword && !isLocalName(host);

function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'unknown';
}

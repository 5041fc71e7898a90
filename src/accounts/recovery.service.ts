import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { Refused } from '../kernel/errors.js';
import { LOG, type Log } from '../kernel/log.js';
import { Database } from '../storage/database.js';
import { canonicalEmail } from './email-address.js';
import { AccountMail, type AccountLinks, type Addressee } from './mail/account-mail.js';
import { spendMailCode } from './mail/mail-codes.js';

/** What is asked for by mail. */
export type Asked = 'verify-email' | 'reset-password';

interface Row extends Addressee {
  readonly emailVerified: boolean;
}

/** For those who cannot sign in: letters with a link, and what the link is good for. */
@Injectable()
export class RecoveryService {
  constructor(
    private readonly database: Database,
    private readonly mail: AccountMail,
    private readonly audit: AuditService,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /**
   * Sends a letter to whom the address belongs, if to anybody. Resolves before it is known whether it does, so that
   * neither the answer nor its time tells; rejects with Unavailable alone.
   */
  async ask(asked: Asked, address: string, links: AccountLinks): Promise<void> {
    const [row] = await this.database.query<Row>(FIND, [canonicalEmail(address)]);
    void this.send(asked, row, links).catch((error: unknown) =>
      this.log.error('accounts: a letter could not be prepared', { event: 'mail.failed', kind: asked, error }),
    );
  }

  /** Confirms an address by the code of a letter. Rejects with Refused('code_invalid'). */
  async verifyEmail(code: string, from?: string, requestId?: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      const spent = await spendMailCode(code, 'verify-email', from, manager);
      if (!spent) throw new Refused('code_invalid');
      const { userId, tenantId } = spent;
      await markVerified(userId, manager);
      const what = { action: 'user.email_verified', target: `user:${userId}` };
      await this.audit.append({ tenantId, actor: `user:${userId}`, requestId, ...what }, manager);
    });
  }

  private async send(asked: Asked, row: Row | undefined, links: AccountLinks): Promise<void> {
    if (!row) return;
    if (asked === 'reset-password') await this.mail.reset(row, links);
    else if (!row.emailVerified) await this.mail.verify(row, links);
  }
}

/** Whoever shows a code out of a letter reads the mail of the address. */
export async function markVerified(userId: string, manager: EntityManager): Promise<void> {
  await manager.query(`UPDATE users SET email_verified_at = coalesce(email_verified_at, now()) WHERE id = $1`, [
    userId,
  ]);
}

const FIND = `
  SELECT u.id AS "userId", u.email, u.email_verified_at IS NOT NULL AS "emailVerified"
    FROM users u JOIN tenants n ON n.id = u.tenant_id
   WHERE u.email = $1 AND u.status = 'active' AND n.status = 'active'`;

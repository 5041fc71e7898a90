import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { Refused } from '../kernel/errors.js';
import { Database } from '../storage/database.js';
import type { Account } from './account.js';
import { AccountMail } from './mail/account-mail.js';
import { findMailCode, spendMailCode } from './mail/mail-codes.js';
import { isStillPassword, type Login, LOGIN_BY_EMAIL, setPassword } from './passwords/password-rows.js';
import { passwordProblems } from './passwords/password-rules.js';
import { Passwords } from './passwords/passwords.js';
import { markVerified } from './recovery.service.js';
import { UserSessionsService } from './user-sessions.service.js';

/** From where, and with which request. */
export interface Whence {
  readonly address?: string;
  readonly requestId?: string;
}

/** Passwords that are replaced: by a link in a mail, or by who knows the old one. Either way what was signed in ends. */
@Injectable()
export class PasswordChanges {
  constructor(
    private readonly database: Database,
    private readonly passwords: Passwords,
    private readonly sessions: UserSessionsService,
    private readonly audit: AuditService,
    private readonly mail: AccountMail,
  ) {}

  /**
   * Sets a new password by the code of a letter, and ends every sign-in of the person. Rejects with Refused:
   * 'invalid_request' when it breaks the rules (the code stays good), 'code_invalid'.
   */
  async reset(code: string, password: string, { address, requestId }: Whence = {}): Promise<void> {
    const found = await this.database.transaction((manager) => findMailCode(code, 'reset-password', manager));
    if (!found) throw new Refused('code_invalid');
    refuseBad(password, found.email, 'password');
    const phc = await this.passwords.hash(password);
    const { email } = await this.database.transaction(async (manager) => {
      const spent = await spendMailCode(code, 'reset-password', address, manager);
      if (!spent) throw new Refused('code_invalid');
      const { userId, tenantId } = spent;
      await setPassword(userId, phc, manager);
      await markVerified(userId, manager);
      await signedUp(userId, manager);
      await this.sessions.endAll({ id: userId, tenantId }, 'password-reset', { requestId, manager });
      const what = { action: 'user.password_reset', target: `user:${userId}`, detail: { address } };
      await this.audit.append({ tenantId, actor: `user:${userId}`, requestId, ...what }, manager);
      return spent;
    });
    this.mail.changed(email);
  }

  /**
   * Sets a new password for who knows the old one, and ends their other sign-ins. Rejects with Refused:
   * 'password_mismatch', 'invalid_request' when the new one breaks the rules.
   */
  async change(account: Account, current: string, next: string, { requestId }: Whence = {}): Promise<void> {
    const { userId: id, tenantId, sessionId, email } = account;
    refuseBad(next, email, 'newPassword');
    const [login] = await this.database.query<Login>(LOGIN_BY_EMAIL, [email]);
    const right = await this.passwords.verify(login?.phc ?? undefined, current);
    const old = login?.id === id ? login.phc : null;
    if (!right || old === null) throw new Refused('password_mismatch');

    const phc = await this.passwords.hash(next);
    await this.database.asTenant(tenantId, async (manager) => {
      if (!(await isStillPassword(id, old, manager))) throw new Refused('password_mismatch');
      await setPassword(id, phc, manager);
      await this.sessions.endAll({ id, tenantId }, 'password-change', { except: sessionId, requestId, manager });
      const what = { action: 'user.password_changed', target: `user:${id}` };
      await this.audit.append({ tenantId, actor: `user:${id}`, requestId, ...what }, manager);
    });
    this.mail.changed(email);
  }
}

function refuseBad(password: string, email: string, path: string): void {
  const fields = passwordProblems(password, email, path);
  if (fields.length === 0) return;
  const message = fields.map((field) => `${field.path}: ${field.message}`).join('; ');
  throw new Refused('invalid_request', { message, fields });
}

/** A person who was only written down, and sets a password by mail, has signed up by that. */
async function signedUp(userId: string, manager: EntityManager): Promise<void> {
  await manager.query(`UPDATE users SET registered_at = coalesce(registered_at, now()) WHERE id = $1`, [userId]);
}

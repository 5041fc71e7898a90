import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import { type FieldError, Refused } from '../../kernel/errors.js';
import { Database } from '../../storage/database.js';
import { canonicalEmail } from '../email-address.js';
import { setPassword } from '../passwords/password-rows.js';
import { passwordProblems } from '../passwords/password-rules.js';
import { Passwords } from '../passwords/passwords.js';
import { type SignIn, type StartedSession, UserSessionsService } from '../user-sessions.service.js';
import { type Admission, Admissions, type Claim } from './admissions.js';
import { makePerson } from './registration-rows.js';

/** What a person says of themselves when they sign up. */
export interface SignUp extends Omit<Claim, 'local'> {
  readonly password: string;
  readonly displayName?: string;
  readonly locale?: string;
  readonly timezone?: string;
  readonly country?: string;
}

/** A sign-up of which all is known but whether the address is free. */
export interface Prepared {
  readonly wanted: SignUp;
  readonly email: string;
  readonly local: boolean;
  readonly phc: string;
  /** Whether the caller may not learn what comes of it: only the mailbox does. */
  readonly hidden: boolean;
}

export interface Registered {
  readonly userId: string;
  readonly tenantId: string;
  readonly email: string;
  /** Absent where the address is to be confirmed first. */
  readonly session?: StartedSession;
}

/** Signing up. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly database: Database,
    private readonly admissions: Admissions,
    private readonly passwords: Passwords,
    private readonly sessions: UserSessionsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Checks what can be checked before anything is written, and hashes the password. Rejects with Refused:
   * 'invalid_request' for a password that breaks the rules, 'registration_closed', 'unavailable' when too many ask.
   */
  async prepare(wanted: SignUp, local: boolean): Promise<Prepared> {
    const email = canonicalEmail(wanted.email);
    const fields = passwordProblems(wanted.password, email);
    if (fields.length > 0) throw refusedFor(fields);
    await this.admissions.refuseHopeless({ ...wanted, email, local });

    const phc = await this.passwords.hash(wanted.password);
    const { mode, emailVerification } = await this.admissions.state();
    const hidden = mode === 'open' && emailVerification === 'required' && wanted.invitation === undefined;
    return { wanted, email, local, phc, hidden };
  }

  /**
   * Makes the person, their password and their first sign-in, or nothing at all. Rejects with Refused: 'code_invalid',
   * 'registration_closed', and 'invalid_request' (with the reason TAKEN) for an address that has an account.
   */
  async carryOut({ wanted, email, local, phc, hidden }: Prepared, signIn: Omit<SignIn, 'method'>): Promise<Registered> {
    return this.database.transaction(async (manager) => {
      const admission = await this.admissions.admit({ ...wanted, email, local }, manager);
      const userId = await this.settle(wanted, email, phc, admission, manager);
      if (userId === undefined) throw refusedFor([NOT_HERE], TAKEN);
      await this.record(userId, admission, signIn.requestId, manager);
      const { tenantId, role } = admission;
      if (hidden) return { userId, tenantId, email };
      const owner = { id: userId, tenantId, email, role };
      const session = await this.sessions.start(owner, { ...signIn, method: 'password' }, manager);
      return { userId, tenantId, email, session };
    });
  }

  private async settle(
    { displayName, locale, timezone, country }: SignUp,
    email: string,
    phc: string,
    { tenantId, role, expected }: Admission,
    manager: EntityManager,
  ): Promise<string | undefined> {
    const person = { tenantId, email, role, displayName, locale, timezone, country };
    const userId = await makePerson(person, expected, manager);
    if (userId !== undefined) await setPassword(userId, phc, manager);
    return userId;
  }

  private async record(
    userId: string,
    { tenantId, role, by }: Admission,
    requestId: string | undefined,
    manager: EntityManager,
  ): Promise<void> {
    const actor = `user:${userId}`;
    const what = { action: 'user.registered', target: actor, detail: { role, by } };
    await this.audit.append({ tenantId, actor, requestId, ...what }, manager);
  }
}

/** `detail.reason` of a refusal because the address has an account: it counts like a wrong credential. */
export const TAKEN = 'the address has an account';
const NOT_HERE = { path: 'email', message: 'cannot be used here: sign in, or ask for a new password' };

function refusedFor(fields: readonly FieldError[], reason?: string): Refused {
  const message = fields.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return new Refused('invalid_request', { message, fields, reason });
}

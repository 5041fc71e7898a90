import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { ConfigService } from '../config/config.service.js';
import { digest } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import { HOUSE_TENANT } from '../kernel/identity.js';
import { Database } from '../storage/database.js';
import { AccountsSettings } from './accounts.settings.js';
import { canonicalEmail } from './email-address.js';
import { isStillPassword, type Login, LOGIN_BY_EMAIL, renewHash } from './passwords/password-rows.js';
import { Passwords } from './passwords/passwords.js';
import { type SignIn, type StartedSession, UserSessionsService } from './user-sessions.service.js';

/** What somebody shows who wants to sign in. */
export interface Attempted {
  readonly email: string;
  readonly password: string;
}

/** How long an address from which somebody signed in is theirs, in days. */
const KNOWN_DAYS = 90;

/** Signing in with a password. */
@Injectable()
export class PasswordLogins {
  constructor(
    private readonly database: Database,
    private readonly passwords: Passwords,
    private readonly sessions: UserSessionsService,
    private readonly audit: AuditService,
    private readonly config: ConfigService,
  ) {}

  /**
   * Signs a person in. Rejects with Refused: 'password_mismatch' for a wrong password and an unknown address alike, after
   * the same work; once the password is right, 'user_suspended' and 'email_unverified'; 'unavailable' when too many ask.
   */
  async login(
    { email, password }: Attempted,
    signIn: Omit<SignIn, 'method'>,
  ): Promise<StartedSession & { userId: string; tenantId: string }> {
    const [login] = await this.database.query<Login>(LOGIN_BY_EMAIL, [canonicalEmail(email)]);
    const right = await this.passwords.verify(login?.phc ?? undefined, password);
    if (!right || !login?.phc) {
      this.noteFailure(login, signIn);
      throw new Refused('password_mismatch');
    }
    const { phc } = login;
    const renewed = (await this.passwords.isStale(phc)) ? await this.passwords.hash(password) : undefined;
    return this.database.transaction(async (manager) => {
      // It may have been changed while it was checked: who holds the old one must not slip in behind the reset.
      if (!(await isStillPassword(login.id, phc, manager))) throw new Refused('password_mismatch');
      this.refuseUnverified(login);
      if (renewed !== undefined) await renewHash(login.id, phc, renewed, manager);
      const session = await this.sessions.start(login, { ...signIn, method: 'password' }, manager);
      return { ...session, userId: login.id, tenantId: login.tenantId };
    });
  }

  /**
   * Whether this person has signed in from `address` lately, has set a password from there by a link in a mail, or shows
   * a refresh token of theirs: limits on guessing their password from elsewhere are then none of their business.
   */
  async knows(email: string, address: string, refreshToken?: string): Promise<boolean> {
    const values = [
      canonicalEmail(email),
      address,
      KNOWN_DAYS,
      refreshToken === undefined ? null : digest(refreshToken),
    ];
    const [row] = await this.database.query<{ known: boolean }>(KNOWN, values);
    return row?.known === true;
  }

  /** Whoever was let in by the house itself (its first owner, those it invited) was vouched for; strangers are asked. */
  private refuseUnverified({ tenantId, emailVerified }: Login): void {
    const { emailVerification } = this.config.current.get(AccountsSettings);
    if (emailVerification === 'required' && !emailVerified && tenantId !== HOUSE_TENANT)
      throw new Refused('email_unverified');
  }

  /** A row for the first within a minute, and one for the number of the others. What was typed stands in none of them. */
  private noteFailure(login: Login | undefined, { address = 'unknown', requestId }: Omit<SignIn, 'method'>): void {
    const tenantId = login?.tenantId ?? HOUSE_TENANT;
    const target = login ? `user:${login.id}` : `address:${address}`;
    const action = 'user.login_failed';
    const many = { tenantId, actor: 'many', action, target: 'address:many', detail: { method: 'password' } };
    const entry = { tenantId, actor: 'stranger', action, target, requestId, detail: { method: 'password', address } };
    this.audit.noteOften(`${action} ${target} ${address}`, entry, { kind: `${action} ${tenantId}`, entry: many });
  }
}

const KNOWN = `
  SELECT EXISTS (
           SELECT 1 FROM users u JOIN user_sessions s ON s.user_id = u.id
            WHERE u.email = $1 AND s.address = $2 AND s.created_at > now() - make_interval(days => $3))
      OR EXISTS (
           SELECT 1 FROM users u JOIN mail_codes c ON c.user_id = u.id
            WHERE u.email = $1 AND c.used_from = $2 AND c.used_at > now() - make_interval(days => $3))
      OR EXISTS (
           SELECT 1 FROM users u JOIN user_sessions s ON s.user_id = u.id JOIN refresh_tokens t ON t.session_id = s.id
            WHERE u.email = $1 AND t.token_digest = $4 AND t.expires_at > now()) AS known`;

import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { compactVerify, decodeProtectedHeader, errors, SignJWT } from 'jose';
import type { EntityManager } from 'typeorm';
import { ConfigService } from '../config/config.service.js';
import { BoundedMap } from '../kernel/bounded-map.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { digest } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import type { Account, SessionOwner } from './account.js';
import { issuerOf } from './accounts.settings.js';
import {
  ACCESS_LIFE_S,
  ACCESS_TYPE,
  type AccessClaims,
  AUDIENCE,
  isEarly,
  readClaims,
} from './sessions/access-claims.js';
import { LiveSessions } from './sessions/live-sessions.js';
import type { Verifier } from './keys/signing-key.js';
import { SigningKeysService } from './signing-keys.service.js';

/** The form of a JWT, and the longest that is looked at. */
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const LONGEST = 4096;
const REMEMBERED = 16_384;

export interface IssuedAccess {
  readonly accessToken: string;
  readonly expiresAt: Date;
}

export interface IssueOptions {
  /** Inside a transaction, its manager: a query past it would wait for ever in the embedded database. */
  readonly manager?: EntityManager;
  /** The time by the clock of the database, where it is known. */
  readonly at?: Date;
}

/**
 * Access tokens: JWTs of RFC 9068, good for a quarter of an hour and as long as their sign-in is. Only for `/auth/*` and
 * the exchange; the chain does not know them.
 */
@Injectable()
export class AccessTokens {
  /** Claims by the digest of a token whose signature was good: a signature is worth a hundred digests. */
  private readonly verified = new BoundedMap<string, AccessClaims>(REMEMBERED);
  private epoch = 0;

  constructor(
    private readonly keys: SigningKeysService,
    private readonly sessions: LiveSessions,
    private readonly config: ConfigService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    keys.onChange(() => this.forget());
    config.onChange(() => this.forget());
  }

  /** Signs a token for a sign-in. Rejects with Unavailable when no key can be had. */
  async issue(user: SessionOwner, sessionId: string, { manager, at }: IssueOptions = {}): Promise<IssuedAccess> {
    const { kid, algorithm, key } = await this.keys.signer(manager);
    const iat = Math.floor((at?.getTime() ?? this.clock.now()) / 1000);
    const exp = iat + ACCESS_LIFE_S;
    const claims: AccessClaims = {
      iss: issuerOf(this.config.current),
      aud: AUDIENCE,
      sub: user.id,
      tenant_id: user.tenantId,
      email: user.email,
      role: user.role,
      sid: sessionId,
      jti: randomUUID(),
      iat,
      exp,
    };
    const header = { alg: algorithm, kid, typ: ACCESS_TYPE };
    const accessToken = await new SignJWT({ ...claims }).setProtectedHeader(header).sign(key);
    return { accessToken, expiresAt: new Date(exp * 1000) };
  }

  /**
   * The person behind a token. Rejects with Refused: 'token_mismatch' for what we never signed, 'token_expired',
   * 'token_revoked' when its sign-in has ended, 'user_suspended'; with Unavailable when that cannot be found out.
   */
  async verify(jwt: string): Promise<Account> {
    const claims = this.verified.get(digest(jwt)) ?? (await this.authentic(jwt));
    const session = await this.sessions.find(claims.sid);
    if (!session) throw new Refused('token_revoked', { reason: 'its sign-in is gone' });
    if (session.userId !== claims.sub || session.tenantId !== claims.tenant_id)
      throw new Refused('token_mismatch', { reason: 'its sign-in is of somebody else' });
    if (session.ended) throw new Refused(session.ended);

    if (isEarly(claims, this.clock.now() + session.aheadMs))
      throw new Refused('token_mismatch', { reason: 'it is from the future' });
    const endsAt = Math.min(claims.exp * 1000 - session.aheadMs, session.endsAt);
    if (this.clock.now() >= endsAt) throw new Refused('token_expired');
    const { userId, tenantId, id: sessionId, email, role } = session;
    return { userId, tenantId, sessionId, email, role, endsAt };
  }

  /** The claims of a token that one of our keys signed, for us, as an access token. Remembered. */
  private async authentic(jwt: string): Promise<AccessClaims> {
    if (jwt.length > LONGEST || !JWT.test(jwt)) throw mismatch('no JWT');
    const { epoch } = this;
    const { kid, typ } = headerOf(jwt);
    const verifier = typeof kid === 'string' ? await this.keys.find(kid) : undefined;
    if (!verifier || typ !== ACCESS_TYPE) throw mismatch('no access token of ours');

    const claims = readClaims(await payloadOf(jwt, verifier), issuerOf(this.config.current));
    if (typeof claims === 'string') throw mismatch(`claim ${claims}`);
    // The key may have been taken away meanwhile: then the next look finds out.
    if (epoch === this.epoch) this.verified.set(digest(jwt), claims);
    return claims;
  }

  private forget(): void {
    this.epoch += 1;
    this.verified.clear();
  }
}

const mismatch = (reason: string): Refused => new Refused('token_mismatch', { reason });

function headerOf(jwt: string): { kid?: unknown; typ?: unknown } {
  try {
    return decodeProtectedHeader(jwt);
  } catch (error) {
    // What jose says of a header that is no JSON object.
    if (error instanceof TypeError) throw mismatch('its header cannot be read');
    throw error;
  }
}

/** The algorithm is that of the key, never what the token says (S079). */
async function payloadOf(jwt: string, { key, algorithm }: Verifier): Promise<unknown> {
  try {
    const { payload } = await compactVerify(jwt, key, { algorithms: [algorithm] });
    return JSON.parse(Buffer.from(payload).toString('utf8')) as unknown;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof SyntaxError) throw mismatch('its signature is not ours');
    throw error;
  }
}

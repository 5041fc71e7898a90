import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '../../config/config.service.js';
import { BoundedMap } from '../../kernel/bounded-map.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { digest } from '../../kernel/crypto.js';
import { Refused } from '../../kernel/errors.js';
import { type ExternalIssuer, ExternalSettings } from './external.settings.js';
import { IssuerKeys } from './issuer-keys.js';
import { type Claims, parsed, unverified, type UnverifiedJwt, wrongClaim, wrongType } from './jwt-claims.js';

const REMEMBERED = 4096;

/** Claims that can be believed, and the entry of the configuration by which they were judged. */
export interface TrustedJwt {
  readonly claims: Claims;
  readonly issuer: ExternalIssuer;
}

/**
 * JWTs of the issuers in `accounts.issuers`. The configuration says whose keys, which algorithms and which audience; what a
 * token says of itself only picks among these (S079, S081).
 */
@Injectable()
export class TrustedJwts {
  /** Tokens whose signature was good, by the digest of the whole token (S076). Their times are looked at each time. */
  private readonly remembered = new BoundedMap<string, TrustedJwt & { readonly keys: object }>(REMEMBERED);

  constructor(
    private readonly keys: IssuerKeys,
    private readonly config: ConfigService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Undefined for what has not the form of a JWT, or is of an issuer that is not configured. Rejects with Refused:
   * 'token_mismatch' for what a configured issuer did not sign, did not sign for us, or not for this; 'token_expired'; and
   * with Unavailable when its keys cannot be had.
   */
  async verify(text: string): Promise<TrustedJwt | undefined> {
    const jwt = unverified(text);
    const issuer = jwt && this.issuerOf(jwt);
    if (!issuer) return undefined;

    // The cheap questions first: no signature is checked, and nothing fetched, for what is wrong anyhow.
    const isOver = this.isOver(jwt, issuer);
    const trusted = await this.authentic(text, jwt, issuer);
    if (isOver) throw new Refused('token_expired', { reason: 'exp has passed' });
    return trusted;
  }

  private async authentic(text: string, { header }: UnverifiedJwt, issuer: ExternalIssuer): Promise<TrustedJwt> {
    const name = digest(text);
    const known = this.remembered.get(name);
    if (known?.issuer === issuer && known.keys === (await this.keys.current(issuer))) return known;

    const checked = await this.keys.verify(text, issuer, issuer.algorithms);
    const claims = checked && parsed(checked.payload);
    if (!claims) throw mismatch('none of the keys of the issuer signed it by an algorithm of the list');
    this.isOver({ header, claims }, issuer);
    this.remembered.set(name, { claims, issuer, keys: checked.keys });
    return { claims, issuer };
  }

  private issuerOf({ claims }: UnverifiedJwt): ExternalIssuer | undefined {
    const { issuers } = this.config.current.get(ExternalSettings);
    return issuers.find(({ issuer }) => issuer === claims['iss']);
  }

  /** Whether a token that is good otherwise has ended. Throws Refused('token_mismatch') for one that never was good. */
  private isOver(jwt: UnverifiedJwt, issuer: ExternalIssuer): boolean {
    if (!issuer.algorithms.some((algorithm) => algorithm === jwt.header['alg'])) {
      throw mismatch('alg is none that the configuration lists for the issuer');
    }
    const type = wrongType(jwt, issuer);
    if (type !== undefined) throw mismatch(type);
    const claim = wrongClaim(jwt.claims, issuer, Math.floor(this.clock.now() / 1000));
    if (claim !== undefined && claim !== 'expired') throw mismatch(claim);
    return claim === 'expired';
  }
}

/** The reason is for the log and the trace alone. */
const mismatch = (reason: string): Refused => new Refused('token_mismatch', { reason: `external issuer: ${reason}` });

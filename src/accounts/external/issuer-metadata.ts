import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { isSafeEndpoint } from '../../kernel/safe-endpoint.js';
import { Kept } from './kept.js';
import { Outbound } from './outbound.js';

/** What an issuer says of itself (OpenID Connect Discovery 1.0 section 3), as far as we have looked at it. */
export type Metadata = Readonly<Record<string, unknown>> & {
  readonly issuer: string;
  readonly jwks_uri: string;
};

/** Addresses that we, or a browser, are sent to. */
const ADDRESSES = ['jwks_uri', 'authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'end_session_endpoint'];

const FRESH_MS = 3_600_000;
const STALE_MS = 24 * FRESH_MS;
const COOL_DOWN_MS = 5_000;

/** Discovery documents of configured issuers, fetched when they are first needed and kept for an hour. */
@Injectable()
export class IssuerMetadata {
  private readonly known = new Map<string, Kept<Metadata>>();

  constructor(
    private readonly outbound: Outbound,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The document of an issuer. While the issuer does not answer an older one serves, for a day at most; without one this
   * rejects with Unavailable, which names the host.
   */
  of(issuer: string): Promise<Metadata> {
    let kept = this.known.get(issuer);
    if (!kept) {
      const times = { freshMs: FRESH_MS, staleMs: STALE_MS, coolDownMs: COOL_DOWN_MS };
      kept = new Kept(() => this.discover(issuer), times, this.clock);
      this.known.set(issuer, kept);
    }
    return kept.get();
  }

  private async discover(issuer: string): Promise<Metadata> {
    const { host } = new URL(issuer);
    const document = await this.outbound.json(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    // Whoever can answer there could otherwise name somebody else's keys for this issuer (Discovery section 4.3).
    if (document['issuer'] !== issuer) throw new Unavailable(`${host} describes another issuer than ${issuer}`);
    const unsafe = ADDRESSES.find((name) => document[name] !== undefined && !isSafeText(document[name]));
    if (unsafe !== undefined) throw new Unavailable(`${host} names no safe address as ${unsafe}`);
    if (document['jwks_uri'] === undefined) throw new Unavailable(`${host} does not say where its keys are`);
    return document as Metadata;
  }
}

const isSafeText = (value: unknown): boolean => typeof value === 'string' && isSafeEndpoint(value);

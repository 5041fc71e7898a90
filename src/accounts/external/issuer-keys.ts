import { Inject, Injectable } from '@nestjs/common';
import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import type { Algorithm } from './algorithms.js';
import { IssuerMetadata } from './issuer-metadata.js';
import { Kept } from './kept.js';
import { Outbound } from './outbound.js';

/** Whose keys: an issuer, and the address that the configuration names for them, if it does. */
export interface KeyOwner {
  readonly issuer: string;
  readonly jwksUri?: string;
}

const FRESH_MS = 600_000;
/** An issuer that is down takes nobody's way in for an hour; a key that it withdrew lives no longer than that. */
const STALE_MS = 3_600_000;
/** Tokens with made-up key ids cannot make us ask more often. */
const COOL_DOWN_MS = 30_000;

/** Finds the key of a JWS by its header, in one fetched set of keys. */
type KeySet = ReturnType<typeof createLocalJWKSet>;

/** What a signature made with one set of keys is worth. */
export interface Checked {
  readonly payload: Uint8Array;
  /** The set; where `current` is another one, what was checked with this must be checked again. */
  readonly keys: object;
}

/** The published keys of configured issuers. Nothing that a token names is ever fetched: jku, x5u, jwk and x5c are not read. */
@Injectable()
export class IssuerKeys {
  private readonly known = new Map<string, Kept<KeySet>>();

  constructor(
    private readonly outbound: Outbound,
    private readonly metadata: IssuerMetadata,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The set of keys that would be used now. Rejects with Unavailable. */
  current(owner: KeyOwner): Promise<object> {
    return this.setOf(owner).get();
  }

  /**
   * The payload of a JWS that one of the issuer's keys signed by one of `algorithms`; undefined for any other. A key id
   * that is not in the set is looked for once more, for the issuer may have a new one. Rejects with Unavailable when the
   * keys cannot be had.
   */
  async verify(jws: string, owner: KeyOwner, algorithms: readonly Algorithm[]): Promise<Checked | undefined> {
    const set = this.setOf(owner);
    const keys = await set.get();
    const outcome = await checked(jws, keys, algorithms);
    if (outcome !== 'unknown key') return outcome;

    const newer = await set.newer(keys);
    const second = newer && (await checked(jws, newer, algorithms));
    return second === 'unknown key' ? undefined : second;
  }

  private setOf({ issuer, jwksUri }: KeyOwner): Kept<KeySet> {
    const name = `${issuer} ${jwksUri ?? ''}`;
    let kept = this.known.get(name);
    if (!kept) {
      const times = { freshMs: FRESH_MS, staleMs: STALE_MS, coolDownMs: COOL_DOWN_MS };
      kept = new Kept(() => this.fetch({ issuer, jwksUri }), times, this.clock);
      this.known.set(name, kept);
    }
    return kept;
  }

  private async fetch({ issuer, jwksUri }: KeyOwner): Promise<KeySet> {
    const address = jwksUri ?? (await this.metadata.of(issuer)).jwks_uri;
    const { keys } = await this.outbound.json(address);
    if (!Array.isArray(keys)) throw new Unavailable(`${new URL(address).host} publishes no keys`);
    // A published secret (`oct`) is none, and would sign whatever anybody likes (S079).
    return createLocalJWKSet({ keys: keys.filter(isPublicKey) });
  }
}

function isPublicKey(jwk: unknown): jwk is JSONWebKeySet['keys'][number] {
  const kty = (jwk as { kty?: unknown } | null)?.kty;
  return kty === 'RSA' || kty === 'EC' || kty === 'OKP';
}

async function checked(
  jws: string,
  keys: KeySet,
  algorithms: readonly Algorithm[],
): Promise<Checked | 'unknown key' | undefined> {
  try {
    const { payload } = await compactVerify(jws, keys, { algorithms: [...algorithms] });
    return { payload, keys };
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return 'unknown key';
    // Everything else is wrong with the token, or with a key that nobody can use.
    if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
    throw error;
  }
}

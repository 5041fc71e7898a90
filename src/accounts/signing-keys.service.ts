import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ConfigService } from '../config/config.service.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { Unavailable } from '../kernel/errors.js';
import { LOG, type Log } from '../kernel/log.js';
import { type SealingKey, Unsealable } from '../kernel/seal.js';
import { Changes } from '../storage/changes.js';
import { JwtSettings } from './accounts.settings.js';
import { type KeyRow, SigningKeyRows } from './keys/signing-key-rows.js';
import { openPrivateKey, type PublicJwk, publicKeyOf, type Signer, type Verifier } from './keys/signing-key.js';

const DAY_MS = 86_400_000;
const UUID = /^[0-9a-f-]{36}$/;

/** What is known of the keys at one moment. */
interface KeyRing {
  /** Ours to sign with; undefined where none is, or none can be opened. */
  readonly signer?: Signer;
  /** When `signer` has signed long enough, in milliseconds of our clock. */
  readonly dueAt: number;
  readonly verifiers: ReadonlyMap<string, Verifier & { readonly until: number }>;
  readonly jwks: readonly PublicJwk[];
}

/**
 * The keys that access tokens are signed with: in the database, rotating, published as JWKS. A replica that cannot open
 * the others' keys (it was given another encryption key) signs with one of its own; everybody verifies with all of them.
 */
@Injectable()
export class SigningKeysService {
  private ring?: KeyRing;
  private loading?: Promise<KeyRing>;
  private generation = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly rows: SigningKeyRows,
    private readonly changes: Changes,
    private readonly config: ConfigService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {
    changes.subscribe(({ kind }) => kind === 'signing-key' && this.forget());
    changes.onGap(() => this.forget());
  }

  /**
   * The key to sign with now; makes one where there is none, or the last is too old. Inside a transaction its manager
   * must be given. Rejects with Unavailable when the database cannot be asked.
   */
  async signer(manager?: EntityManager): Promise<Signer> {
    const { signer, dueAt } = await this.known(manager);
    // A change of keys takes locks; nobody else's transaction is to wait for them where an old key will do.
    if (signer && (manager || this.clock.now() < dueAt)) return signer;

    const unlessYoungerMs = this.config.current.get(JwtSettings).rotateAfterDays * DAY_MS;
    const made = await this.rows.rotate({ actor: 'gateway', retire: 'own', unlessYoungerMs }, manager);
    if (!manager) this.forget();
    const next = made ?? (await this.known(manager)).signer;
    if (!next) throw new Unavailable('there is no key to sign with');
    return next;
  }

  /** The published key with this id, or undefined. */
  async find(kid: string): Promise<Verifier | undefined> {
    if (!UUID.test(kid)) return undefined;
    // Its notice may be on the way still: what is not known is looked up.
    const known = (await this.known()).verifiers.get(kid) ?? (await this.look()).verifiers.get(kid);
    return known && this.clock.now() < known.until ? known : undefined;
  }

  /** What `/.well-known/jwks.json` says (RFC 7517), the newest first. */
  async jwks(): Promise<{ keys: readonly PublicJwk[] }> {
    return { keys: (await this.known()).jwks };
  }

  /** Lets a new key sign from now on. With `endOld`, what the old ones signed ends at once instead of within an hour. */
  async rotate(actor: string, options: { endOld?: boolean; requestId?: string } = {}): Promise<{ kid: string }> {
    const made = await this.rows.rotate({ actor, retire: 'all', ...options });
    this.forget();
    if (!made) throw new Unavailable('there is no key to sign with');
    return { kid: made.kid };
  }

  /** Calls `listener` whenever keys may have changed. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async known(manager?: EntityManager): Promise<KeyRing> {
    if (this.ring && this.changes.live) return this.ring;
    if (manager) return this.ringOf(await this.rows.published(manager), await this.rows.sealingKey());
    return this.look();
  }

  private look(): Promise<KeyRing> {
    this.loading ??= this.load().finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async load(): Promise<KeyRing> {
    const { generation } = this;
    const ring = this.ringOf(await this.rows.published(), await this.rows.sealingKey());
    if (generation === this.generation && this.changes.live) this.ring = ring;
    return ring;
  }

  private forget(): void {
    this.generation += 1;
    this.ring = undefined;
    this.loading = undefined;
    for (const listener of this.listeners) listener();
  }

  private ringOf(rows: readonly KeyRow[], sealing: SealingKey): KeyRing {
    const now = this.clock.now();
    const own = rows.find((row) => !row.retired && row.sealedWith === sealing.id && this.opens(row, sealing));
    const lifeMs = this.config.current.get(JwtSettings).rotateAfterDays * DAY_MS;
    return {
      ...(own && { signer: signerOf(own, sealing) }),
      dueAt: own ? now + lifeMs - own.ageMs : 0,
      verifiers: new Map(rows.map((row) => [row.id, verifierOf(row, now)])),
      jwks: rows.map(jwkOf),
    };
  }

  private opens(row: KeyRow, sealing: SealingKey): boolean {
    try {
      signerOf(row, sealing);
      return true;
    } catch (error) {
      if (!(error instanceof Unsealable)) throw error;
      this.log.error('accounts: a signing key cannot be opened, and is not used', { key: row.id, error });
      return false;
    }
  }
}

const signerOf = ({ id, algorithm, privateSealed }: KeyRow, sealing: SealingKey): Signer => ({
  kid: id,
  algorithm,
  key: openPrivateKey(id, privateSealed, sealing),
});

const verifierOf = ({ id, algorithm, publicJwk, msLeft }: KeyRow, now: number) => ({
  kid: id,
  algorithm,
  key: publicKeyOf(publicJwk),
  until: msLeft === null ? Number.POSITIVE_INFINITY : now + msLeft,
});

const jwkOf = ({ id, algorithm, publicJwk }: KeyRow): PublicJwk => ({
  ...publicJwk,
  kid: id,
  alg: algorithm,
  use: 'sig',
});

import { createHmac, hkdfSync } from 'node:crypto';
import { stringify } from 'safe-stable-stringify';
import { digest } from '../kernel/crypto.js';
import type { Identity } from '../kernel/identity.js';
import { open, seal, SealingKey, Unsealable } from '../kernel/seal.js';

/** An answer that will be given again to the same request. */
export interface KeptAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
}

/** Whoever sends a keyed request: the key, what the credential names, and the credential itself. */
export interface KeyedCaller {
  readonly named: string;
  readonly identity: Identity;
  /** As it was shown; empty for who came in without a secret. */
  readonly secret: string;
}

const SALT = 'doorward idempotent answers';

/**
 * Seals an answer with a key that is nowhere: it is made anew from what the caller shows each time, the
 * `Idempotency-Key` and the credential. An answer may hold a token that exists in no other place; whoever has the
 * database, and all keys of the house, still cannot read it. The fingerprint of the request is keyed in the same way,
 * for a body may hold a password.
 */
export class AnswerSeal {
  /** Of the caller and the key. A caller with fewer scopes is another caller: an answer may hold what it was not to see. */
  readonly key: string;
  readonly caller: string;
  private readonly sealing: SealingKey;
  private readonly marking: Buffer;

  constructor({ named, identity, secret }: KeyedCaller) {
    const { method, subject, tenantId, scopes } = identity;
    const who = stringify([method, subject, tenantId, scopes.toSorted()]);
    this.caller = digest(who);
    this.key = digest(stringify([who, named]));
    const bytes = Buffer.from(hkdfSync('sha256', stringify([named, secret]), SALT, this.key, 64));
    this.sealing = new SealingKey(bytes.subarray(0, 32));
    this.marking = bytes.subarray(32);
  }

  /** 64 hex characters that are the same for the same request of the same caller, and say nothing of it. */
  fingerprint(request: unknown): string {
    return createHmac('sha256', this.marking)
      .update(stringify(request) ?? '')
      .digest('hex');
  }

  close(answer: KeptAnswer): string {
    return seal(JSON.stringify(answer), this.sealing, this.key);
  }

  /** Undefined for what was sealed by somebody else. */
  open(sealed: string): KeptAnswer | undefined {
    try {
      return JSON.parse(open(sealed, this.sealing, this.key)) as KeptAnswer;
    } catch (error) {
      if (error instanceof Unsealable) return undefined;
      throw error;
    }
  }
}

import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { Bulkhead } from '../../kernel/bulkhead.js';
import { Refused, Unavailable } from '../../kernel/errors.js';
import { normal } from './password-rules.js';

/** Argon2id as OWASP advises: 19 MiB, two passes, one lane. Raising them renews each hash at its next sign-in. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;

/**
 * One core is left to everybody else, and half of the thread pool to the signatures of devices, which take a two-hundredth
 * of the time: who is signed in already does not wait for who signs in.
 */
const PLACES = Math.min(2, Math.max(1, availableParallelism() - 1));
/** Some seconds of work at most. Whoever finds it full is told to come back. */
const QUEUE = 64;
const RETRY_AFTER_MS = 2000;

/** Passwords are hashed and checked in threads of their own, few at a time, however many ask. */
@Injectable()
export class Passwords {
  private readonly bulkhead = new Bulkhead(PLACES, QUEUE);
  private decoy?: Promise<string>;

  /** The PHC text of a new password. Rejects with Refused('unavailable') and a time to come back when too many wait. */
  async hash(password: string): Promise<string> {
    return this.queued(async () => (await argon2()).hash(normal(password), PARAMETERS));
  }

  /**
   * Whether `password` is the one of `phc`. Without a `phc` (no such person, or one without a password) as much is
   * computed and the answer is no: the time tells nothing. Rejects as `hash` does.
   */
  async verify(phc: string | undefined, password: string): Promise<boolean> {
    const against = phc ?? (await this.nobodys());
    const right = await this.queued(async () => (await argon2()).verify(against, normal(password)));
    return right && phc !== undefined;
  }

  /** Whether a hash was made with other parameters than new ones are. */
  async isStale(phc: string): Promise<boolean> {
    const { memoryCost, timeCost, parallelism, outputLen } = (await argon2()).parseOptions(phc);
    const { ...made } = { memoryCost, timeCost, parallelism, outputLen };
    return Object.entries(PARAMETERS).some(([name, value]) => made[name as keyof typeof made] !== value);
  }

  /** A hash that no password has. Made once; whoever comes first waits for it like for any other. */
  private nobodys(): Promise<string> {
    this.decoy ??= argon2()
      .then(({ hash }) => hash(crypto.randomUUID(), PARAMETERS))
      .catch((error: unknown) => {
        this.decoy = undefined;
        throw error;
      });
    return this.decoy;
  }

  private async queued<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.bulkhead.run(work);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      throw new Refused('unavailable', {
        reason: 'too many passwords are being checked',
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
  }
}

/** Native code, loaded when the first password comes. */
const argon2 = (): Promise<typeof import('@node-rs/argon2')> => import('@node-rs/argon2');

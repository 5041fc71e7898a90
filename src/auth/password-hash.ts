import { createHmac, randomBytes } from 'node:crypto';
import { Bulkhead } from '../kernel/bulkhead.js';

/** Two hashes at a time: each takes 19 MiB or more, and a thread of the pool. */
const argon2Places = new Bulkhead(2, 128);

/** A configured Argon2 hash. The one right password is verified once; after that a keyed digest in memory knows it. */
export class PasswordHash {
  private readonly key = randomBytes(32);
  private good?: string;

  constructor(private readonly phc: string) {}

  /** Whether `spoken` is the password. Rejects with Unavailable when too many ask at once. */
  async matches(spoken: string): Promise<boolean> {
    const mark = createHmac('sha256', this.key).update(spoken).digest('hex');
    if (mark === this.good) return true;

    const { verify } = await import('@node-rs/argon2');
    const good = await argon2Places.run(() => verify(this.phc, spoken));
    if (good) this.good = mark;
    return good;
  }
}

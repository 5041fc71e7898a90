import { Injectable } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';
import type { Evidence } from './evidence.js';
import { FailureStorage } from './failures/failure-storage.js';

/** How many letters an address may have sent to whomever; each mailbox has a limit of its own. */
const LIMITS = { maxAttempts: 60, windowMs: 600_000, lockoutMs: 600_000 } as const;

/** Nobody has the gateway write letters all day: asking for one counts, on the address that asks. */
@Injectable()
export class MailQuota {
  constructor(private readonly storage: FailureStorage) {}

  /** Throws Refused('too_many_requests') with a time to come back, whoever the letter would be for. */
  async spend({ source }: Evidence): Promise<void> {
    const place = `mail:${source}`;
    const { outcome } = await this.storage.record(place, 1, LIMITS);
    if (outcome === 'blocked')
      throw new Refused('too_many_requests', {
        message: 'too many letters were asked for from this address',
        retryAfterMs: this.storage.blockedFor(place),
      });
  }
}

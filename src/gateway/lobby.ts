import { Injectable, type OnModuleInit } from '@nestjs/common';
import { FailureLimiter } from '../auth/failure-limiter.js';
import { RateLimitSettings } from '../auth/rate-limit.settings.js';
import { ConfigService } from '../config/config.service.js';
import { Refused } from '../kernel/errors.js';
import { HOUSE_TENANT } from '../kernel/identity.js';
import { PairingService } from '../pairing/pairing.service.js';
import type { Call } from './frames.js';
import { NodePairing } from './node-pairing.js';
import { NodeClaimParams, NodeRequestParams } from './pairing.params.js';
import { parseParams } from './params.js';

/** Somebody before the door who waits for a person to open it. */
export interface Guest {
  /** What is counted on, as in `Evidence.source`. */
  readonly source: string;
  /** Sends an event. */
  tell(event: string, payload: unknown): void;
  /** Lets the guest stay longer than it takes to connect. */
  stay(ms: number): void;
}

/** How long a guest may wait on its socket: as long as its request does. */
const STAY_MS = 5 * 60_000;

/** What may be called before `connect`: asking to be let in, and fetching the token (contract section 4). */
const METHODS: ReadonlySet<string> = new Set(['node.pair.request', 'node.pair.claim']);

interface Waiting {
  readonly guest: Guest;
  readonly claimSecret: string;
}

/** Where clients without a key ask to be let in, and wait. Bounded like everything before the door. */
@Injectable()
export class Lobby implements OnModuleInit {
  private readonly waiting = new Map<string, Waiting>();

  constructor(
    private readonly nodes: NodePairing,
    private readonly pairing: PairingService,
    private readonly limiter: FailureLimiter,
    private readonly config: ConfigService,
  ) {}

  onModuleInit(): void {
    this.pairing.onChange((requestId) => void this.resolve(requestId));
  }

  serves(method: string): boolean {
    return METHODS.has(method);
  }

  /** Answers one of its methods. Throws Refused; a wrong claim secret counts like any wrong secret (S142). */
  async answer({ method, params }: Call, guest: Guest): Promise<object> {
    if (method === 'node.pair.claim') return this.claim(parseParams(NodeClaimParams, params, method), guest);

    const retryAfterMs = this.limiter.blockedFor(guest.source);
    if (retryAfterMs > 0) throw new Refused('rate_limited', { retryAfterMs });
    const asked = await this.nodes.request(parseParams(NodeRequestParams, params, method), HOUSE_TENANT, guest.source);
    this.waiting.set(asked.requestId, { guest, claimSecret: asked.claimSecret });
    guest.stay(STAY_MS);
    return asked;
  }

  /** The guest's socket is gone. Its request stays: it may claim from another one. */
  left(guest: Guest): void {
    for (const [requestId, waiting] of this.waiting) if (waiting.guest === guest) this.waiting.delete(requestId);
  }

  private async claim({ requestId, claimSecret }: NodeClaimParams, guest: Guest): Promise<object> {
    const admission = await this.limiter.admit(guest.source, this.config.current.get(RateLimitSettings));
    let wrong = 0;
    try {
      return await this.nodes.claim(requestId, claimSecret);
    } catch (error) {
      if (error instanceof Refused && error.code === 'not_found') wrong = 1;
      throw error;
    } finally {
      await admission.settle(wrong);
    }
  }

  /** A request was decided, here or on another replica: whoever waits for it is told, and handed its token. */
  private async resolve(requestId: string): Promise<void> {
    const waiting = this.waiting.get(requestId);
    if (!waiting) return;
    try {
      const outcome = await this.nodes.claim(requestId, waiting.claimSecret);
      if (outcome.decision === 'pending') return;
      waiting.guest.tell('node.pair.resolved', outcome);
      this.waiting.delete(requestId);
    } catch {
      // Claimed meanwhile, or the database is away: the guest still has its secret, and can claim by it.
    }
  }
}

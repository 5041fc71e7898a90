import { Injectable } from '@nestjs/common';
import type { ModelRef } from '../../credentials/model-ref.js';
import type { Soon } from '../../kernel/soon.js';
import type { Meter, Reservation } from '../meter.js';
import type { ModelCall, TokenUsage } from '../model-call.js';
import { type Amount, amountOf, NOTHING } from './amount.js';
import { BudgetRefusals } from './budget-refusals.js';
import { Ledger } from './ledger.js';
import type { Share } from './purse.js';
import { insufficientQuota, OutOfBudget } from './shortage.js';
import { type Held, StandingBudgets } from './standing-budgets.js';
import { userKey } from './user-key.js';

/** Keeps the books of what calls used, and holds each against the budgets that concern it. */
@Injectable()
export class BudgetMeter implements Meter {
  constructor(
    private readonly budgets: StandingBudgets,
    private readonly ledger: Ledger,
    private readonly refusals: BudgetRefusals,
  ) {}

  /** Throws or rejects with Refused('insufficient_quota'), or with Unavailable where a budget cannot be asked. */
  reserve(call: ModelCall, estimate: TokenUsage): Soon<Reservation> {
    if (!this.budgets.areKnown) return this.budgets.know().then(() => this.held(call, estimate));
    return this.held(call, estimate);
  }

  private held(call: ModelCall, estimate: TokenUsage): Soon<Reservation> {
    const concerning = this.budgets.concerning(call.caller, call.agent);
    if (concerning.length === 0) return new Booking(call, this.ledger, []);
    return this.drawAll(call, concerning, amountOf(estimate));
  }

  /** All of them or none: what the first ones gave goes back when a later one has no room. */
  private async drawAll(call: ModelCall, concerning: readonly Held[], amount: Amount): Promise<Reservation> {
    const shares: Share[] = [];
    for (const held of concerning) {
      const { budget, purse } = held;
      try {
        shares.push(await purse.draw(amount));
        this.budgets.touch(held);
      } catch (error) {
        this.budgets.touch(held);
        for (const share of shares) share.settle(NOTHING);
        if (!(error instanceof OutOfBudget)) throw error;
        this.refusals.note(budget, call);
        throw insufficientQuota(budget, error.shortage, call.caller.tenantId);
      }
    }
    return new Booking(call, this.ledger, shares);
  }
}

/** One call in the books, from before its first byte to after its last. */
class Booking implements Reservation {
  private isSettled = false;

  constructor(
    private readonly call: ModelCall,
    private readonly ledger: Ledger,
    private readonly shares: readonly Share[],
  ) {}

  settle(usage: TokenUsage | undefined, { provider, model }: ModelRef): void {
    if (this.isSettled) return;
    this.isSettled = true;
    const { caller, agent, session = '' } = this.call;
    const { tenantId, deviceId: device = '' } = caller;
    const source = { tenantId, user: userKey(caller), device, agent, session, provider, model };
    const used = usage ? this.ledger.add(source, usage) : NOTHING;
    for (const share of this.shares) share.settle(used);
  }
}

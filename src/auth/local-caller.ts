import { Inject, Injectable } from '@nestjs/common';
import { type AuthStrategy, Declined } from './auth-strategy.js';
import { chainOf } from './chain.js';
import type { Evidence } from './evidence.js';
import { AUTH_STRATEGIES } from './strategies/index.js';

/** Whether somebody is this machine, for routes that do not ask the chain: by the rules of its `loopback`, and no others. */
@Injectable()
export class LocalCaller {
  constructor(@Inject(AUTH_STRATEGIES) private readonly strategies: readonly AuthStrategy[]) {}

  /** Never where the configuration has no such way in. */
  async is(evidence: Evidence): Promise<boolean> {
    if (!chainOf(this.strategies, evidence.config).includes('loopback')) return false;
    const loopback = this.strategies.find(({ method }) => method === 'loopback');
    if (!loopback?.recognises(evidence)) return false;
    const answer = await loopback.judge(evidence);
    return answer !== null && !(answer instanceof Declined);
  }
}

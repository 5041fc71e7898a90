import { Injectable } from '@nestjs/common';
import type { Evidence } from './evidence.js';
import { LocalCaller } from './local-caller.js';
import { LoginCheck } from './login-check.js';
import { MailQuota } from './mail-quota.js';

/** Before somebody signs up: not too often from one address, wrong codes count, and the machine itself is told apart. */
@Injectable()
export class SignUpGate {
  constructor(
    private readonly check: LoginCheck,
    private readonly quota: MailQuota,
    private readonly local: LocalCaller,
  ) {}

  /** What `judge` says, which is told whether the caller is this machine. Throws as `LoginCheck.code`. */
  async pass<T>(evidence: Evidence, judge: (local: boolean) => Promise<T>): Promise<T> {
    const local = await this.local.is(evidence);
    if (!local) await this.quota.spend(evidence);
    return this.check.code(evidence, () => judge(local));
  }
}

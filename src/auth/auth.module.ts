import { Inject, Module } from '@nestjs/common';
import { AccountGuard } from './account.guard.js';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { STATE_DIR } from '../config/config.module.js';
import { PairingModule } from '../pairing/pairing.module.js';
import type { AuthStrategy } from './auth-strategy.js';
import { DecisionTrace } from './decision-trace.js';
import { Decisions } from './decisions.js';
import { DeviceKeys } from './device-keys.js';
import { Expiries } from './expiries.js';
import { FailureLimitModule } from './failure-limit.module.js';
import { FailureLimiter } from './failure-limiter.js';
import { FailureThrottlerGuard } from './failure-throttler.guard.js';
import { LocalCaller } from './local-caller.js';
import { LocalProof } from './local-proof.js';
import { LoginCheck } from './login-check.js';
import { MailQuota } from './mail-quota.js';
import { OriginGuard } from './origin.guard.js';
import { OwnOrigins } from './own-origins.js';
import { PrioritizedAuthGuard } from './prioritized-auth.guard.js';
import { ScopeGuard } from './scope.guard.js';
import { SecretCheck } from './secret-check.js';
import { SignUpGate } from './sign-up-gate.js';
import { Stays } from './stays.js';
import { METRICS, type Metrics } from '../kernel/metrics.js';
import { AUTH_STRATEGIES, STRATEGIES } from './strategies/index.js';
import { TailnetName } from './tailscale/tailnet-name.js';
import { TailscaleServe } from './tailscale/serve.js';
import { Tailscaled } from './tailscale/tailscaled.js';
import { Whois } from './tailscale/whois.js';

const GUARDS = [OriginGuard, FailureThrottlerGuard, PrioritizedAuthGuard, ScopeGuard, AccountGuard];
const SIGN_IN = [LocalCaller, LoginCheck, MailQuota, SignUpGate];
const TAILSCALE = [Tailscaled, Whois, TailnetName, TailscaleServe];

/** Who may come in: the ways in, the guards that ask them, and the memory of what was decided. */
@Module({
  imports: [AccountsModule, AuditModule, PairingModule, FailureLimitModule],
  providers: [
    ...STRATEGIES,
    { provide: AUTH_STRATEGIES, useFactory: (...strategies: AuthStrategy[]) => strategies, inject: [...STRATEGIES] },
    ...GUARDS,
    ...TAILSCALE,
    ...SIGN_IN,
    { provide: LocalProof, useFactory: (stateDir: string) => LocalProof.in(stateDir), inject: [STATE_DIR] },
    DecisionTrace,
    Decisions,
    DeviceKeys,
    Expiries,
    OwnOrigins,
    SecretCheck,
    Stays,
  ],
  exports: [
    AccountsModule,
    AuditModule,
    FailureLimitModule,
    AUTH_STRATEGIES,
    ...GUARDS,
    ...SIGN_IN,
    DecisionTrace,
    Decisions,
    DeviceKeys,
    OwnOrigins,
    SecretCheck,
    Stays,
    PairingModule,
    TailnetName,
    TailscaleServe,
  ],
})
export class AuthModule {
  constructor(limiter: FailureLimiter, @Inject(METRICS) metrics: Metrics) {
    const lockouts = metrics.counter({
      name: 'doorward_auth_lockouts_total',
      help: 'Addresses that this gateway locked after too many wrong credentials; those refused since are rate_limited decisions',
    });
    limiter.onLocked(() => lockouts.add([]));
  }
}

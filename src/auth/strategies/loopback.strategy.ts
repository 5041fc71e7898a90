import { Injectable } from '@nestjs/common';
import { IsIn } from 'class-validator';
import { type ConfigSnapshot, Setting, Settings } from '../../config/settings.js';
import { sameSecret } from '../../kernel/crypto.js';
import type { Identity } from '../../kernel/identity.js';
import { AuthStrategy, Declined } from '../auth-strategy.js';
import type { Evidence } from '../evidence.js';
import { houseIdentity } from '../house-identity.js';
import { whyNotLocal } from '../locality.js';
import { LocalProof } from '../local-proof.js';

@Settings('gateway.auth')
export class LoopbackSettings {
  /** `proof` asks local callers for the token file of the state directory, which the command line reads by itself. */
  @Setting({ env: 'GATEWAY_AUTH_LOOPBACK' })
  @IsIn(['allow', 'proof', 'deny'])
  loopback: 'allow' | 'proof' | 'deny' = 'allow';
}

/** The machine itself, and only if nothing was forwarded. */
@Injectable()
export class LoopbackStrategy extends AuthStrategy('loopback') {
  constructor(private readonly proof: LocalProof) {
    super();
  }

  isConfigured(config: ConfigSnapshot): boolean {
    return config.get(LoopbackSettings).loopback !== 'deny';
  }

  recognises(evidence: Evidence): boolean {
    return evidence.fromLoopback;
  }

  judge(evidence: Evidence): Identity | Declined | null {
    const foreign = whyNotLocal(evidence);
    if (foreign) return new Declined(undefined, foreign);

    const needsProof = evidence.config.get(LoopbackSettings).loopback === 'proof';
    if (needsProof && !sameSecret(evidence.header(LocalProof.HEADER) ?? '', this.proof.value)) {
      return new Declined(undefined, `no valid ${LocalProof.HEADER} header`);
    }
    return evidence.config.once(thisMachine);
  }
}

const thisMachine = (config: ConfigSnapshot): Identity => houseIdentity('loopback', config);

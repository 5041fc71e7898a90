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

    if (!needsProof(evidence.config)) return evidence.config.once(thisMachine);
    const proved = sameSecret(evidence.header(LocalProof.HEADER) ?? '', this.proof.value);
    return proved
      ? evidence.config.once(thisMachineProved)
      : new Declined(undefined, `no valid ${LocalProof.HEADER} header`);
  }

  /** Whoever came in when nothing was asked has shown nothing, if something is asked now. */
  override stands(identity: Identity, config: ConfigSnapshot): boolean {
    return super.stands(identity, config) && (!needsProof(config) || identity.credential === PROVED);
  }
}

const PROVED = 'loopback:proved';

const needsProof = (config: ConfigSnapshot): boolean => config.get(LoopbackSettings).loopback === 'proof';

const thisMachine = (config: ConfigSnapshot): Identity => houseIdentity('loopback', config);
const thisMachineProved = (config: ConfigSnapshot): Identity => houseIdentity('loopback', config, PROVED);

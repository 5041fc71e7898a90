import { Injectable } from '@nestjs/common';
import { IsIn } from 'class-validator';
import { type ConfigSnapshot, Setting, Settings } from '../../config/settings.js';
import { sameSecret } from '../../kernel/crypto.js';
import type { Identity } from '../../kernel/identity.js';
import { hostName, isLocalName, wasForwarded } from '../../kernel/net.js';
import { AuthStrategy, Declined } from '../auth-strategy.js';
import type { Evidence } from '../evidence.js';
import { houseIdentity } from '../house-identity.js';
import { LocalProof } from '../local-proof.js';
import { proxyHeaders } from './trusted-proxy.strategy.js';

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
    return houseIdentity('loopback', evidence.config);
  }
}

/**
 * Why a loopback peer may still be somebody else: a same-host proxy, a rebound name, a web page. A page's foreign
 * Origin has been refused before; Sec-Fetch-Site tells of those that send none (S001, S003, S005, S051).
 */
function whyNotLocal({ headers, config }: Evidence): string | undefined {
  if (!isLocalName(hostName(headers.host ?? ''))) return 'the Host is not this machine';
  if (wasForwarded(headers)) return 'the request was forwarded';
  if (config.once(proxyHeaders).some((name) => headers[name] !== undefined)) return 'the request came through a proxy';
  if (Object.keys(headers).some((name) => name.startsWith('tailscale-'))) return 'the request came through Tailscale';
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'the request was made by another site';
  return undefined;
}

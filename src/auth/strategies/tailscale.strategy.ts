import { Injectable } from '@nestjs/common';
import type { ConfigSnapshot } from '../../config/settings.js';
import type { Identity } from '../../kernel/identity.js';
import { AuthStrategy, Declined } from '../auth-strategy.js';
import type { Evidence } from '../evidence.js';
import { vouchedIdentity } from '../house-identity.js';
import { canonicalLogin } from '../tailscale/login.js';
import { serveHop } from '../tailscale/serve-hop.js';
import { TailscaleSettings, tailscalePolicy } from '../tailscale/tailscale.settings.js';
import { Whois } from '../tailscale/whois.js';

/** Somebody of our tailnet: Serve says who, and the daemon of this machine confirms it. */
@Injectable()
export class TailscaleStrategy extends AuthStrategy('tailscale') {
  constructor(private readonly whois: Whois) {
    super();
  }

  isConfigured(config: ConfigSnapshot): boolean {
    return config.once(tailscalePolicy).identity !== 'disabled';
  }

  /** Where it is the only way in, everybody must answer to it, also whoever shows nothing. */
  recognises(evidence: Evidence): boolean {
    const { identity } = evidence.config.once(tailscalePolicy);
    if (identity === 'require') return true;
    const covered = identity === 'enabled' || (identity === 'websocket' && evidence.surface === 'websocket');
    return covered && claimedLogin(evidence) !== '';
  }

  /** The header alone proves nothing, whoever sent it (S048): what counts is whom the daemon knows at that address. */
  async judge(evidence: Evidence): Promise<Identity | Declined> {
    const claimed = claimedLogin(evidence);
    if (claimed === '') return new Declined('tailscale_user_missing');

    const hop = serveHop(evidence);
    if ('reason' in hop) return new Declined('tailscale_proxy_missing', hop.reason);

    const { config } = evidence;
    const login = await this.whois.loginOf(hop.address, config.get(TailscaleSettings));
    if (login === null) return new Declined('tailscale_whois_failed', `${hop.address} is nobody of the tailnet`);
    if (login !== claimed) return new Declined('tailscale_user_mismatch', `${hop.address} belongs to somebody else`);

    return vouchedIdentity('tailscale', login, config);
  }
}

function claimedLogin({ headers }: Evidence): string {
  return canonicalLogin(String(headers['tailscale-user-login'] ?? ''));
}

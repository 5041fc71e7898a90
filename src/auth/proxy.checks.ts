import { GatewaySettings } from '../config/gateway.settings.js';
import { isWide } from '../config/reach.js';
import { type Audited, type SecurityFinding, when } from '../config/security-check.js';
import { isLoopback } from '../kernel/net.js';
import { TrustedProxySettings, usesTrustedProxy } from './strategies/trusted-proxy.strategy.js';

/** Whose word counts about who the caller is. */
export function proxyChecks({ loaded: { snapshot: config } }: Audited): SecurityFinding[] {
  const { trustedProxies } = config.get(GatewaySettings);
  const { allowUsers, requiredHeaders } = config.get(TrustedProxySettings);
  const everybody = trustedProxies.filter((entry) => entry.endsWith('/0'));
  const wide = trustedProxies.filter((entry) => isWide(entry) && !everybody.includes(entry));
  const isUsed = usesTrustedProxy(config);
  return when(
    [
      everybody.length > 0,
      {
        code: 'trusted_proxies_everybody',
        severity: 'critical',
        title: 'Everybody in the world is believed to be a proxy',
        evidence: `gateway.trustedProxies holds ${everybody.join(', ')}`,
        remedy: 'list the addresses of your proxies alone',
      },
    ],
    [
      wide.length > 0,
      {
        code: 'trusted_proxies_wide',
        severity: 'warn',
        title: 'Whoever has an address in a wide range can name any caller',
        evidence: `gateway.trustedProxies holds ${wide.join(', ')}`,
        remedy: 'list the addresses of your proxies alone',
      },
    ],
    [
      isUsed && allowUsers === undefined,
      {
        code: 'trusted_proxy_any_user',
        severity: 'warn',
        title: 'Everybody whom the proxy names comes in',
        evidence: 'gateway.auth.trustedProxy.allowUsers is not set',
        remedy: 'name the users in gateway.auth.trustedProxy.allowUsers',
      },
    ],
    [
      isUsed && requiredHeaders.length === 0,
      {
        code: 'trusted_proxy_no_required_headers',
        severity: 'info',
        title: 'Nothing but the name of the user shows that a request passed the proxy',
        evidence: 'gateway.auth.trustedProxy.requiredHeaders is empty',
        remedy: 'name a header there that your proxy always sets, such as x-forwarded-proto',
      },
    ],
    [
      isUsed && trustedProxies.some((entry) => isLoopback(entry)),
      {
        code: 'trusted_proxy_local',
        severity: 'warn',
        title: 'Every process on this machine can name any user to the gateway',
        evidence: 'gateway.trustedProxies lists this machine, and its proxy vouches for users',
        remedy: 'run the proxy on another address, or let nobody else on this machine',
      },
    ],
  );
}

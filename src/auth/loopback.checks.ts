import { GatewaySettings } from '../config/gateway.settings.js';
import { isReachable } from '../config/reach.js';
import { type Audited, type SecurityFinding, when } from '../config/security-check.js';
import { isLoopback } from '../kernel/net.js';
import { LoopbackSettings } from './strategies/loopback.strategy.js';
import { TailscaleSettings } from './tailscale/tailscale.settings.js';

/** Who is taken for this machine itself, and so comes in without a credential. */
export function loopbackChecks({ loaded: { snapshot: config } }: Audited): SecurityFinding[] {
  const { trustedProxies, publicUrl, bind } = config.get(GatewaySettings);
  const isOpen = config.get(LoopbackSettings).loopback === 'allow';
  const loopback = 'gateway.auth.loopback is "allow"';
  const proof = 'set gateway.auth.loopback to "proof" (the command line then shows a file) or "deny"';
  return when(
    [
      isOpen && trustedProxies.some((entry) => isLoopback(entry)),
      {
        code: 'loopback_behind_local_proxy',
        severity: 'warn',
        title: 'A proxy on this machine that forgets a header would make strangers local',
        evidence: `${loopback}, and gateway.trustedProxies lists this machine`,
        remedy: proof,
      },
    ],
    [
      isOpen &&
        bind === 'loopback' &&
        publicUrl !== undefined &&
        trustedProxies.length === 0 &&
        config.get(TailscaleSettings).mode === 'off',
      {
        code: 'loopback_behind_unlisted_proxy',
        severity: 'warn',
        title: 'Callers from outside arrive through something on this machine that is not listed as a proxy',
        evidence: `${loopback}, gateway.publicUrl is set, and gateway.trustedProxies is empty`,
        remedy: `list the proxy in gateway.trustedProxies, and ${proof}`,
      },
    ],
    [
      isOpen && isReachable(config),
      {
        code: 'loopback_open_while_reachable',
        severity: 'warn',
        title: 'A port forwarder on this machine would pass for it',
        evidence: `${loopback}, and gateway.bind is "${bind}"`,
        remedy: proof,
      },
    ],
  );
}

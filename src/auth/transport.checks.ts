import { GatewaySettings } from '../config/gateway.settings.js';
import { isReachable } from '../config/reach.js';
import { type Audited, type SecurityFinding, when } from '../config/security-check.js';
import { isLocalName } from '../kernel/net.js';
import { ControlUiSettings } from './own-origins.js';

/** How credentials travel, and which web pages may send them. */
export function transportChecks({ loaded }: Audited): SecurityFinding[] {
  const { snapshot: config } = loaded;
  const { trustedProxies, publicUrl, bind } = config.get(GatewaySettings);
  const { allowedOrigins } = config.get(ControlUiSettings);
  const plain = allowedOrigins.filter(isPlainAndFar);
  return when(
    [
      isReachable(config) && trustedProxies.length === 0,
      {
        code: 'bind_without_tls',
        severity: 'critical',
        title: 'Credentials cross the network unencrypted',
        evidence: `gateway.bind is "${bind}", and no TLS proxy stands in front (gateway.trustedProxies is empty)`,
        remedy: 'put a TLS proxy in front and list it in gateway.trustedProxies, or set gateway.bind to "loopback"',
      },
    ],
    [
      publicUrl !== undefined && isPlainAndFar(publicUrl),
      {
        code: 'public_url_plain',
        severity: 'warn',
        title: 'People are sent to the gateway over plain HTTP',
        evidence: 'gateway.publicUrl begins with http://',
        remedy: 'serve it over https:// and say so in gateway.publicUrl',
      },
    ],
    [
      plain.length > 0,
      {
        code: 'control_ui_plain_origin',
        severity: 'warn',
        title: 'A web page that anybody on its way could change may call the gateway',
        evidence: `gateway.controlUi.allowedOrigins holds ${plain.join(', ')}`,
        remedy: 'serve that page over https:// and list that origin',
      },
    ],
    [
      allowedOrigins.length > 10,
      {
        code: 'control_ui_many_origins',
        severity: 'info',
        title: 'Many web pages may call the gateway, and a fault in any of them is enough',
        evidence: `gateway.controlUi.allowedOrigins holds ${allowedOrigins.length} origins`,
        remedy: 'list those alone that people still use',
      },
    ],
  );
}

function isPlainAndFar(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && !isLocalName(hostname);
}

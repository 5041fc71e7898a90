import { networkInterfaces } from 'node:os';
import { Injectable } from '@nestjs/common';
import { OwnOrigins } from '../auth/own-origins.js';
import { ConfigService } from '../config/config.service.js';
import { GatewaySettings } from '../config/gateway.settings.js';
import { AddressSet } from '../kernel/net.js';

/** The range that Tailscale gives addresses from (RFC 6598). */
const TAILNET = new AddressSet(['100.64.0.0/10']);

/** By which address a device elsewhere reaches this gateway. */
@Injectable()
export class OwnAddress {
  constructor(
    private readonly config: ConfigService,
    private readonly origins: OwnOrigins,
  ) {}

  /**
   * The public address, the tailnet's, or that of the interface on which it listens. Never what the caller's Host header
   * says: a link must not lead where somebody in between wants it to.
   */
  url(): string {
    const { publicUrl, bind, customBindHost, port } = this.config.current.get(GatewaySettings);
    const known = publicUrl ?? this.origins.tailnetOrigin;
    if (known !== undefined) return known;
    const host = bind === 'custom' ? customBindHost : interfaceAddress(bind);
    return `http://${host ?? '127.0.0.1'}:${this.origins.port ?? port}`;
  }
}

function interfaceAddress(bind: string): string | undefined {
  if (bind !== 'lan' && bind !== 'tailnet') return undefined;
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outer = all.filter(({ family, internal }) => family === 'IPv4' && !internal);
  return outer.find(({ address }) => TAILNET.has(address) === (bind === 'tailnet'))?.address;
}

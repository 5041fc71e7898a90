import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '../../config/config.service.js';
import { LOG, type Log } from '../../kernel/log.js';
import { Tailscaled } from './tailscaled.js';
import { TailscaleSettings, tailscalePolicy } from './tailscale.settings.js';

/** What this machine is called on its tailnet: `gateway.example.ts.net`. For the banner, and as an origin of our own. */
@Injectable()
export class TailnetName {
  constructor(
    private readonly tailscaled: Tailscaled,
    private readonly config: ConfigService,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /**
   * The MagicDNS name, or undefined where Tailscale is not used, has none, or does not answer (then the log says why).
   * Never rejects, and asks nobody when the configuration does not use Tailscale.
   */
  async tailnetName(): Promise<string | undefined> {
    const config = this.config.current;
    const { exposure, identity } = config.once(tailscalePolicy);
    if (exposure === 'off' && identity === 'disabled') return undefined;
    try {
      return await this.tailscaled.dnsName(config.get(TailscaleSettings));
    } catch (error) {
      this.log.warn('tailscale: the name of this machine is not known', { reason: String(error) });
      return undefined;
    }
  }
}

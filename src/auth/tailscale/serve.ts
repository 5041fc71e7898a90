import { Inject, Injectable } from '@nestjs/common';
import { GatewaySettings } from '../../config/gateway.settings.js';
import { ConfigService } from '../../config/config.service.js';
import type { ConfigSnapshot } from '../../config/settings.js';
import { LOG, type Log } from '../../kernel/log.js';
import { parsed } from './local-api.js';
import { type ServeConfig, publishedAt } from './serve-config.js';
import { serveRemedy } from './serve-remedy.js';
import { Tailscaled } from './tailscaled.js';
import { TailscaleSettings, tailscalePolicy } from './tailscale.settings.js';

/** The port of Serve and Funnel: the one of plain `https://<name>/`, and one of three that Funnel may use. */
const HTTPS = 443;

interface Publication {
  readonly word: 'serve' | 'funnel';
  readonly target: string;
}

/** Publishes the gateway with `tailscale serve` or `tailscale funnel`, and takes back exactly that. */
@Injectable()
export class TailscaleServe {
  private published?: Publication;

  constructor(
    private readonly tailscaled: Tailscaled,
    private readonly config: ConfigService,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /**
   * Called once the gateway listens on `port`. True when it is published. Never rejects: without Tailscale the
   * gateway still serves this machine, so what went wrong is a warning with its remedy.
   */
  async start(port: number): Promise<boolean> {
    const config = this.config.current;
    const { exposure: word } = config.once(tailscalePolicy);
    if (word !== 'serve' && word !== 'funnel') return false;

    const wanted = { word, target: `http://${hostOf(config)}:${port}` };
    try {
      await this.publish(wanted);
    } catch (error) {
      this.warn(`tailscale: ${word} could not be started`, error);
      return false;
    }
    this.published = wanted;
    this.log.info(`tailscale: ${word} publishes the gateway`, { target: wanted.target });
    return true;
  }

  /** Called at shutdown: with `resetOnExit`, takes back what start() published, and nothing else. Never rejects. */
  async stop(): Promise<void> {
    const { published } = this;
    this.published = undefined;
    if (!published || !this.settings.resetOnExit) return;
    try {
      const now = await this.current();
      if (now?.target !== published.target) return; // somebody has given the place to something else since
      // `reset` would take down everything that this machine publishes; this is the one path of the one port.
      await this.run(published.word, `--https=${HTTPS}`, '--set-path=/', 'off');
      this.log.info(`tailscale: ${published.word} no longer publishes the gateway`, {});
    } catch (error) {
      this.warn(`tailscale: ${published.word} could not be taken back`, error);
    }
  }

  private async publish({ word, target }: Publication): Promise<void> {
    const now = await this.current();
    if (now && now.target !== target) throw new Error(occupied(now.target));
    if (now?.funnel === (word === 'funnel')) return; // left by an earlier run
    await this.run(word, '--bg', `--https=${HTTPS}`, target);
  }

  private async current(): Promise<ReturnType<typeof publishedAt>> {
    const answer = parsed((await this.run('serve', 'status', '--json')) || 'null');
    return publishedAt(answer as ServeConfig | null, HTTPS);
  }

  private run(...args: string[]): Promise<string> {
    return this.tailscaled.run(args, this.settings);
  }

  private get settings(): TailscaleSettings {
    return this.config.current.get(TailscaleSettings);
  }

  private warn(event: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.log.warn(event, { reason, remedy: serveRemedy(error) });
  }
}

function hostOf(config: ConfigSnapshot): string {
  const { bind, customBindHost } = config.get(GatewaySettings);
  return bind === 'custom' ? customBindHost! : '127.0.0.1';
}

/** Somebody else's publication is never replaced without being asked. */
function occupied(target: string | undefined): string {
  return `port ${HTTPS} of this machine's tailnet name already publishes ${target ?? 'something else'}`;
}

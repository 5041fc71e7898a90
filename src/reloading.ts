import { join } from 'node:path';
import { dotEnvPath } from './config/dot-env.js';
import { DEFAULT_CONFIG_NAME } from './config/config-file.js';
import type { ReloadOutcome } from './config/config.service.js';
import type { LoadedConfig } from './config/load.js';
import type { OpenedConfig } from './config/open-config.js';
import { ReloadSettings } from './config/reload.settings.js';
import { expandHome, homeDirectory } from './config/state-directory.js';
import { WatchedFiles } from './config/watch-files.js';
import type { Clock } from './kernel/clock.js';
import type { GatewayLog } from './log/log.js';
import { restartNeeded } from './restart-needed.js';
import { SecretsSettings } from './secrets/provider.settings.js';
import { SecretSnapshot } from './secrets/secret-snapshot.js';
import type { SecretsService } from './secrets/secrets.service.js';

/**
 * What makes a running gateway read its configuration anew, secrets with it: SIGHUP, a changed file; and what the log
 * says of it. Whoever else asks (`secrets.reload`) asks the service.
 */
export class Reloading {
  private readonly files: WatchedFiles;
  private hidden: ReadonlySet<string> = new Set();
  private said: ReadonlySet<string> = new Set();

  constructor(
    private readonly opened: OpenedConfig,
    private readonly secrets: SecretsService,
    private readonly log: GatewayLog,
    private readonly warningsOf: (loaded: LoadedConfig) => string[],
    clock: Clock,
  ) {
    this.files = new WatchedFiles(clock, (path) => this.ask({ trigger: 'file', path }));
    opened.service.onReload((outcome) => this.tell(outcome));
  }

  /** To be called before the configuration is read. */
  readonly note = (): void => this.files.note();

  /** Returns the way to stop. */
  start(): () => void {
    const onHangup = (): void => this.ask({ trigger: 'signal' });
    process.on('SIGHUP', onHangup);
    this.hide(this.opened.loaded());
    this.said = new Set(this.warningsOf(this.opened.loaded()));
    this.watch();
    return () => {
      process.off('SIGHUP', onHangup);
      this.files.close();
      this.secrets.stop();
    };
  }

  /** What was replaced stays hidden until the next reload: somebody may still use it. */
  private hide({ secretValues, snapshot }: LoadedConfig): void {
    const now = new Set([...secretValues(), ...snapshot.get(SecretSnapshot).values()]);
    this.log.hide([...now, ...this.hidden]);
    this.hidden = now;
  }

  private ask(cause: ReloadOutcome['causes'][number]): void {
    this.opened.service.reload(cause).catch(() => undefined); // `tell` hears of it
  }

  private tell(outcome: ReloadOutcome): void {
    const triggers = outcome.causes.map(({ trigger }) => trigger).join(', ');
    if ('error' in outcome) {
      this.log.error('config: reload refused, the old one stays', { trigger: triggers, error: outcome.error });
      return;
    }
    const { next, previous } = outcome;
    const loaded = this.opened.loaded();
    this.hide(loaded);
    this.log.info('config: reloaded', { version: next.version, trigger: triggers });
    this.warn(this.warningsOf(loaded));
    for (const warning of restartNeeded(next, previous)) this.log.warn(warning);
    this.watch();
  }

  /** What was said of the configuration before is not said again: a file that is written often would fill the log. */
  private warn(warnings: readonly string[]): void {
    for (const warning of warnings) if (!this.said.has(warning)) this.log.warn(warning);
    this.said = new Set(warnings);
  }

  private watch(): void {
    const loaded = this.opened.loaded();
    const { mode, debounceMs } = loaded.snapshot.get(ReloadSettings);
    if (mode === 'off' || mode === 'restart') this.files.close();
    else this.files.watch(filesOf(loaded), debounceMs);
  }
}

/** The config file with what it includes, `.env`, the files of providers, and those that a variable names. */
function filesOf({ files, configPath, stateDir, snapshot, environment, secrets }: LoadedConfig): string[] {
  const home = homeDirectory(environment);
  const providers = Object.values(snapshot.get(SecretsSettings).providers);
  const kept = providers.flatMap((one) => (one.source === 'file' ? expandHome(one.path, home) : []));
  const variables = [...secrets.given.values()].map((origin) => origin.replace(/^.*: /, ''));
  const twins = variables.flatMap((name) => (name.endsWith('_FILE') ? (environment.get(`!${name}`) ?? []) : []));
  return [configPath ?? join(stateDir, DEFAULT_CONFIG_NAME), dotEnvPath(stateDir), ...files, ...kept, ...twins];
}

import { ConfigService } from './config.service.js';
import type { Environment } from './environment.js';
import { loadConfig, type LoadedConfig, type LoadRequest } from './load.js';
import { LoginShell } from './login-shell.js';
import type { ConfigSnapshot } from './settings.js';

export interface OpenConfigRequest extends Omit<LoadRequest, 'env' | 'version' | 'loginShell'> {
  /** Where a reload gets the environment anew. */
  readonly readEnvironment: () => Environment;
  /** Called before anything is read. */
  readonly beforeLoad?: () => void;
}

/** A configuration that can be loaded again. */
export interface OpenedConfig {
  readonly service: ConfigService;
  /** What the last load that succeeded found, its warnings among it. */
  readonly loaded: () => LoadedConfig;
}

/**
 * Loads the configuration for a server: `service.reload()` reads the file, `.env` and the environment anew, all or
 * nothing; the login shell is asked once, and flags hold for the life of the process. Throws ConfigError.
 */
export async function openConfig(request: OpenConfigRequest): Promise<OpenedConfig> {
  const { readEnvironment, beforeLoad, ...rest } = request;
  const loginShell = new LoginShell();
  const load = (version: number, known?: ConfigSnapshot): Promise<LoadedConfig> => {
    beforeLoad?.();
    return loadConfig({ ...rest, env: readEnvironment(), loginShell, version, known });
  };

  let loaded = await load(1);
  const service: ConfigService = new ConfigService(loaded.snapshot, async (version, causes) => {
    const isSettling = causes.every(({ trigger }) => trigger === 'settle');
    loaded = await load(version, isSettling ? service.current : undefined);
    return loaded.snapshot;
  });
  return { service, loaded: () => loaded };
}

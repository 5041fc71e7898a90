import { readEnvBlock } from '../../config/env-block.js';
import type { Environment } from '../../config/environment.js';
import { LoginShell } from '../../config/login-shell.js';
import { ProviderVariables } from '../../config/provider-variables.js';
import { type ReadSettings, readSettings } from '../../config/read-settings.js';
import { importFromShell } from '../../config/shell-import.js';
import { agentsOf } from '../agent-list.js';
import type { Agent } from '../agents.js';
import type { ProfileStore } from '../profile-store.js';
import { FileProfileStore } from '../stores/file.profile-store.js';
import { MODEL_SETTINGS, type ReadModels, readModels } from './read-models.js';

/** The model credentials of this machine, as a command finds them without asking a gateway. */
export interface LocalCredentials extends ReadModels {
  readonly settings: ReadSettings;
  readonly agents: ReadonlyMap<string, Agent>;
  /** Undefined where the profiles are in the database: then a gateway must be asked. */
  readonly files?: ProfileStore;
  /** The variables in which people keep provider keys. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Reads configuration and environment, and nothing else yet; the login shell where the configuration says that keys are
 * to be had there, for a gateway would. Throws ConfigError for a file that cannot be read.
 */
export async function openLocal(environment: Environment): Promise<LocalCredentials> {
  const read = await readSettings(environment, MODEL_SETTINGS);
  const { shellEnabled: enabled, shellTimeoutMs: timeoutMs } = readEnvBlock(read.tree['env']);
  const shell = await importFromShell({ ...read, shell: { enabled, timeoutMs } }, [], new LoginShell());
  const settings = { ...read, environment: shell.environment };
  const models = await readModels(settings);
  const agents = agentsOf(models.config);
  const directories = { get: (id: string) => agents.get(id)?.directory };
  return {
    ...models,
    settings,
    agents,
    ...(models.store === 'file' && { files: new FileProfileStore(settings.stateDir, directories) }),
    variables: new ProviderVariables(settings.environment).values,
  };
}

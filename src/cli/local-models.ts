import type { Agent } from '../credentials/agents.js';
import { type LocalCredentials, openLocal } from '../credentials/local/open-local.js';
import { BrokenStore, type ProfileStore } from '../credentials/profile-store.js';
import { CliLogins, cliPlaces } from '../credentials/sync/cli-logins.js';
import { CliSync } from '../credentials/sync/cli-sync.js';
import { Environment } from '../config/environment.js';
import { systemClock } from '../kernel/clock.js';
import { CliError } from './cli-error.js';
import type { World } from './command.js';
import { canAsk } from './prompt.js';
import { word } from './terminal.js';

/** The model credentials of this machine. Throws ConfigError for a config file that cannot be read. */
export function openModels(world: World): Promise<LocalCredentials> {
  return openLocal(new Environment(world.environment));
}

/** The agent that `--agent` names, or the default one. Throws CliError for one that is not there. */
export function namedAgent({ agents }: LocalCredentials, name: string | undefined): Agent {
  const all = [...agents.values()];
  const agent = name === undefined ? all.find(({ isDefault }) => isDefault) : agents.get(name.toLowerCase());
  if (agent) return agent;
  throw new CliError(`no such agent: ${word(name)}`, {
    code: 'not_found',
    nextStep: `There is: ${all.map(({ id }) => id).join(', ')}. Add one with: doorward agents add <id>`,
  });
}

/** The files in which profiles are. Throws CliError where they are in the database, which a gateway alone opens. */
export function profileFiles({ files }: LocalCredentials): ProfileStore {
  if (files) return files;
  throw new CliError('the profiles are in the database (models.store is "database")', {
    code: 'in_database',
    nextStep: 'This works with files alone: set models.store to "file".',
  });
}

/** The logins that other programs keep on this machine. The keychain may ask the person, so it needs one. */
export async function otherLogins(world: World): Promise<CliLogins> {
  const hasKeychain = process.platform === 'darwin' && canAsk(world);
  const keychain = hasKeychain ? (await import('../credentials/sync/keychain.js')).macKeychain : undefined;
  return new CliLogins(cliPlaces(world.environment), systemClock, keychain);
}

/** Takes newer logins of other programs over, as whenever profiles are loaded (reference F.7). What goes wrong is told, and stops nothing. */
export async function takeOverLogins(local: LocalCredentials, agent: string, world: World): Promise<readonly string[]> {
  const { files, syncsLogins } = local;
  if (!files || !syncsLogins) return [];
  try {
    return await new CliSync(files, await otherLogins(world), systemClock).sync(agent);
  } catch (error) {
    if (!(error instanceof Error) || error instanceof BrokenStore) throw error;
    world.terminal.warn(`the logins of other programs could not be taken over: ${word(error.message)}`);
    return [];
  }
}

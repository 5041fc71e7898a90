import { join } from 'node:path';
import { DEFAULT_CONFIG_NAME } from '../../config/config-file.js';
import { Environment } from '../../config/environment.js';
import type { GatewayParts } from '../../config/gateway-parts.js';
import type { ConfigPlan } from '../../config/plan.js';
import { readSettings } from '../../config/read-settings.js';
import { readScene } from '../../secrets/audit/read-scene.js';
import { type AgentFolder, agentFolders } from '../audit/agent-folders.js';
import { FileProfileStore } from '../stores/file.profile-store.js';
import type { OwnProfiles } from './profile-edits.js';

/** An installation, as a command finds it. */
export interface Installation {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly parts: GatewayParts;
}

/** The files of an installation that hold secrets, read for a change. */
export interface PlanScene extends Installation {
  readonly config: ConfigPlan;
  /** Where the configuration is, or will be written. */
  readonly configFile: string;
  readonly folders: readonly AgentFolder[];
  readonly store: FileProfileStore;
  readonly profiles: readonly OwnProfiles[];
}

/** Reads the configuration and the profiles of all agents. Throws ConfigError, or BrokenStore for damaged profiles. */
export async function planScene({ variables, parts }: Installation): Promise<PlanScene> {
  const env = new Environment(variables);
  const { scene } = await readScene({ ...parts, env });
  const folders = agentFolders(scene);
  const store = new FileProfileStore(scene.plan.stateDir, new Map(folders.map(({ agent, folder }) => [agent, folder])));
  return {
    variables,
    parts,
    config: scene.plan,
    configFile: await configFileOf(env),
    folders,
    store,
    profiles: folders.map(({ agent }) => ({ agent, stored: store.read(agent) })),
  };
}

async function configFileOf(env: Environment): Promise<string> {
  const { configPath, stateDir } = await readSettings(env);
  return configPath ?? join(stateDir, DEFAULT_CONFIG_NAME);
}

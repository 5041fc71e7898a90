import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { unlessBroken } from '../../config/check-rules.js';
import { codeOf } from '../../config/file-reason.js';
import type { Scene } from '../../secrets/audit/scene.js';
import { MAIN_AGENT } from '../agent-id.js';
import { agents } from '../agents.js';

/** Where the credentials of an agent are kept. */
export interface AgentFolder {
  readonly agent: string;
  /** Absolute; it need not exist. */
  readonly folder: string;
}

/** The family's name for the file in such a folder (reference F.1). */
export const PROFILES_FILE = 'auth-profiles.json';

const AGENT_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** The folders of all agents: of those that the configuration names, and of those whose folder is still there. */
export function agentFolders({ plan: { stateDir }, config }: Scene): AgentFolder[] {
  const named = unlessBroken(() => config.once(agents)) ?? new Map<string, { readonly directory?: string }>();
  const root = join(stateDir, 'agents');
  const ids = new Set([MAIN_AGENT, ...named.keys(), ...namesIn(root).filter((name) => AGENT_ID.test(name))]);
  return [...ids].map((agent) => ({
    agent,
    folder: named.get(agent)?.directory ?? join(root, agent, 'agent'),
  }));
}

/** What stands in a directory, by name; nothing where there is none. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

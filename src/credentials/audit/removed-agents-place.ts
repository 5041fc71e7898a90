import { join } from 'node:path';
import type { Looked } from '../../secrets/audit/finding.js';
import type { Scene } from '../../secrets/audit/scene.js';
import { removedAgents } from '../removed-agents.js';
import { namesIn, PROFILES_FILE } from './agent-folders.js';
import { leftCredentials } from './left-credentials.js';
import { LEGACY_CACHE } from './legacy-place.js';

const MESSAGE = 'credentials of an agent that was removed; end them at their provider, then remove the folder';

/** What `agents remove` has set aside: it is good for whoever finds it, and nobody uses it. */
export function removedAgentsPlace({ plan: { stateDir } }: Scene): Looked {
  const root = removedAgents(stateDir);
  const folders = namesIn(root).map((name) => join(root, name, 'agent'));
  const files = folders.flatMap((folder) => [PROFILES_FILE, LEGACY_CACHE].map((file) => join(folder, file)));
  return leftCredentials(files, MESSAGE);
}

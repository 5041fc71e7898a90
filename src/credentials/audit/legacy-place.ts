import { join } from 'node:path';
import type { Looked } from '../../secrets/audit/finding.js';
import type { Scene } from '../../secrets/audit/scene.js';
import { LEGACY_FILES } from '../stores/legacy-profiles.js';
import { agentFolders } from './agent-folders.js';
import { leftCredentials } from './left-credentials.js';

/** The family's cache of credentials from before there were profiles (reference F.1). */
export const LEGACY_CACHE = 'auth.json';

const MESSAGE = 'credentials of an older version; take them over (doorward models auth login), then remove the file';

/** Files in which older versions kept credentials. Nobody renews what is in them, and nobody looks after them. */
export function legacyPlace(scene: Scene): Looked {
  const { stateDir } = scene.plan;
  const files = [
    ...Object.values(LEGACY_FILES).map((file) => join(stateDir, file)),
    join(stateDir, 'agent', LEGACY_CACHE),
    ...agentFolders(scene).map(({ folder }) => join(folder, LEGACY_CACHE)),
  ];
  return leftCredentials(files, MESSAGE);
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../config/file-reason.js';
import { finding, type Looked } from './finding.js';
import { SECRETS_DIRECTORY } from '../patience.js';
import type { Scene } from './scene.js';

/** Where `secrets apply` keeps what it replaces until it is done. */
export const BACKUPS = 'backups';

/** Copies of files from before secrets were moved out of them: left by an apply that was killed, or kept on demand. */
export function leftBackupsPlace({ plan: { stateDir } }: Scene): Looked {
  const directory = join(stateDir, SECRETS_DIRECTORY, BACKUPS);
  const message = 'files from before secrets were moved; see whether all is well, then remove the folder';
  return {
    findings: foldersIn(directory).map((name) =>
      finding('LEGACY_RESIDUE', { file: join(directory, name), jsonPath: '' }, message),
    ),
  };
}

function foldersIn(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

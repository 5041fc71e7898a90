import { constants } from 'node:fs';
import { access, lstat, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** Where a program was found. */
export interface FoundCommand {
  /** Absolute, as it was found: what a package manager keeps up to date may be a link. */
  readonly path: string;
  readonly isLink: boolean;
}

/** The first program of this name on a search path, or undefined. Relative directories of the path do not count (S156). */
export async function findCommand(name: string, searchPath: string): Promise<FoundCommand | undefined> {
  for (const directory of searchPath.split(delimiter).filter(isAbsolute)) {
    const path = join(directory, name);
    try {
      await access(path, constants.X_OK);
      if ((await stat(path)).isFile()) return { path, isLink: (await lstat(path)).isSymbolicLink() };
    } catch {
      continue; // not here, or not for this user
    }
  }
  return undefined;
}

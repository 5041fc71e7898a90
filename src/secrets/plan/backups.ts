import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeStateDirectory, writeFileAtomic } from '../../config/state-directory.js';
import { BACKUPS } from '../audit/left-backups-place.js';
import { SECRETS_DIRECTORY } from '../patience.js';

/** How a file is written back: alone, where others write it too. */
export type Restore = (path: string, content: Buffer) => Promise<void>;

/**
 * The files that are about to be changed, as they are: copied into a folder of the state directory (0700, files 0600)
 * before the first of them is touched. They hold the secrets that move out, so they go when all is done.
 */
export class Backups {
  private constructor(
    readonly folder: string,
    private readonly before: ReadonlyMap<string, Buffer | undefined>,
  ) {}

  static async of(stateDir: string, files: readonly string[], now: number): Promise<Backups> {
    const name = new Date(now).toISOString().replaceAll(':', '-');
    const folder = join(stateDir, SECRETS_DIRECTORY, BACKUPS, name);
    const before = new Map(
      [...new Set(files)].map((file) => [file, existsSync(file) ? readFileSync(file) : undefined]),
    );
    makeStateDirectory(folder);
    const copies = [...before].flatMap(([file, content]) => (content ? [[file, content] as const] : []));
    for (const [i, [file, content]] of copies.entries())
      await writeFileAtomic(join(folder, `${i + 1}-${basename(file)}`), content);
    await writeFileAtomic(
      join(folder, 'files.json'),
      JSON.stringify(
        copies.map(([file]) => file),
        null,
        2,
      ),
    );
    return new Backups(folder, before);
  }

  /** Everything as it was; what was not there is taken away. */
  async restore(write: Restore): Promise<void> {
    for (const [file, content] of this.before) {
      if (content === undefined) await rm(file, { force: true });
      else if (!existsSync(file) || !readFileSync(file).equals(content)) await write(file, content);
    }
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

import { constants, existsSync } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** How many files are synced at once. */
const AT_ONCE = 16;

/** `<stateDir>/database`: the cluster, and a mark that its making was finished. */
export class DataFolder {
  readonly cluster: string;
  private readonly mark: string;

  constructor(readonly path: string) {
    this.cluster = join(path, 'cluster');
    this.mark = join(path, 'complete');
  }

  /** Throws away what an interrupted first start has left: nothing in it was ever acknowledged. */
  async prepare(): Promise<{ isNew: boolean }> {
    if (existsSync(this.mark)) return { isNew: false };
    await rm(this.cluster, { recursive: true, force: true });
    await mkdir(this.cluster, { recursive: true, mode: 0o700 });
    return { isNew: true };
  }

  /** Makes the new cluster last: PGlite copies it there unsynced. The mark comes after every file is on the disk. */
  async complete(): Promise<void> {
    const entries = await readdir(this.cluster, { recursive: true });
    const paths = [...entries.map((entry) => join(this.cluster, entry)), this.cluster];
    for (let i = 0; i < paths.length; i += AT_ONCE) await Promise.all(paths.slice(i, i + AT_ONCE).map(sync));
    await (await open(this.mark, 'w', 0o600)).close();
    await sync(this.mark);
    await sync(this.path);
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

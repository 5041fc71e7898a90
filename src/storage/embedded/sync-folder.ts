import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** How many files are synced at once. */
const AT_ONCE = 16;

/**
 * Brings everything below a folder to the disk: with one syncfs(2) where there is a `sync` command that can, else file
 * by file, which takes seconds for a database.
 */
export async function syncFolder(folder: string): Promise<void> {
  const atOnce = await promisify(execFile)('sync', ['-f', folder]).then(
    () => true,
    () => false,
  );
  if (!atOnce) await syncEach(folder);
}

export async function syncEach(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true });
  const paths = [...entries.map((entry) => join(folder, entry)), folder];
  for (let i = 0; i < paths.length; i += AT_ONCE) await Promise.all(paths.slice(i, i + AT_ONCE).map(sync));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

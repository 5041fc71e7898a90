import { randomBytes } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Environment } from './environment.js';

/** The homes of the family, in the order in which they are looked for; the first is the one that we make. */
const NAMES = ['.doorward', '.openclaw', '.clawdbot', '.special-agent'] as const;

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * The absolute path of the state directory: DOORWARD_STATE_DIR or an alias, else the first of the family's homes that
 * exists, else `~/.doorward`. Only looks: a configuration that is refused leaves nothing behind.
 */
export function findStateDirectory(env: Environment): string {
  const home = homeDirectory(env);
  const chosen = env.get('STATE_DIR');
  if (chosen !== undefined) return resolve(expandHome(chosen.trim(), home));

  const homes = NAMES.map((name) => join(home, name));
  return homes.find(isDirectory) ?? homes[0]!;
}

/** DOORWARD_HOME or an alias (a leading `~` in it is the user's own), then HOME, USERPROFILE, and what the system says. */
export function homeDirectory(env: Environment): string {
  const own = env.get('!HOME') ?? env.get('!USERPROFILE') ?? homedir();
  const chosen = env.get('HOME');
  return resolve(chosen === undefined ? own : expandHome(chosen.trim(), own));
}

/** A path whose leading `~` stands for `home`. */
export function expandHome(path: string, home: string): string {
  return /^~(?=$|[/\\])/.test(path) ? join(home, path.slice(1)) : path;
}

/** Makes the directory, and what is missing above it, for its owner alone (0700). Fine if it is there already. */
export function makeStateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
}

/** A sentence when others may read `path` (a file or directory that should be its owner's alone), else undefined. */
export function tooOpen(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat || process.platform === 'win32' || (stat.mode & 0o077) === 0) return undefined;
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  return `${path} can be read or changed by others (mode ${mode}); run: chmod ${stat.isDirectory() ? 700 : 600} '${path}'`;
}

/**
 * Writes a whole file or nothing (S199): into a temporary file beside it, made with the final mode whatever the umask
 * says, flushed to the disk, then renamed into place. The directory must exist. What `beforeRename` throws leaves the
 * old file as it was.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode = FILE_MODE,
  beforeRename: () => void = () => {},
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    beforeRename();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes the rename itself last. Windows cannot open a directory, and needs no such thing. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

import { existsSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, relative } from 'node:path';
import { textOf } from '../../config/config-file.js';

/** A configuration as it would be, on disk beside the real one, to be loaded and thrown away. */
export interface Draft {
  /** Its config file. */
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Writes the configuration with some files changed. The config file alone is laid beside itself, so that it includes what
 * it always did; with changed included files, all of them are laid into a folder of their own.
 */
export async function draftOf(
  configFile: string,
  included: readonly string[],
  texts: ReadonlyMap<string, string>,
): Promise<Draft> {
  if (!existsSync(configFile)) return newDraft(configFile, texts.get(configFile) ?? '{}');
  const real = realpathSync(configFile);
  const root = dirname(real);
  if ([...texts.keys()].every((file) => file === configFile)) {
    const path = join(root, `.${basename(real)}.${randomBytes(6).toString('hex')}.draft${extname(real)}`);
    await writeFile(path, texts.get(configFile)!, { mode: 0o600, flag: 'wx' });
    return { path, remove: () => rm(path, { force: true }) };
  }
  const folder = await mkdtemp(join(root, '.doorward-draft-')); // 0700
  for (const file of [real, ...included]) {
    const path = join(folder, relative(root, file));
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const text = texts.get(file === real ? configFile : file);
    await writeFile(path, text ?? textOf(file), { mode: 0o600, flag: 'wx' });
  }
  return { path: join(folder, basename(real)), remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Where there is no configuration yet, there may be no directory either, and a look must not make one. */
async function newDraft(configFile: string, text: string): Promise<Draft> {
  const folder = await mkdtemp(join(tmpdir(), 'doorward-draft-'));
  const path = join(folder, basename(configFile));
  await writeFile(path, text, { mode: 0o600 });
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

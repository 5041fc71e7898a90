import { randomBytes } from 'node:crypto';
import { constants, existsSync, realpathSync } from 'node:fs';
import { chmod, copyFile, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../config-error.js';
import { textOf } from '../config-file.js';
import { parseConfig } from '../parse-config.js';
import { syncDirectory } from '../state-directory.js';
import type { Tree } from '../tree.js';
import { editJson5 } from './json5-edit.js';
import { lockConfig } from './lock-config.js';
import { type ConfigEdit, editTree } from './tree-edit.js';
import { editYaml } from './yaml-edit.js';

/** What is to become of a file that holds this. Called when nobody else can change it: a place in a list counts only then. */
export type EditsFor = (tree: Tree) => readonly ConfigEdit[];

/** Judges a file that holds the configuration as it would be. Rejects when that must not be; then nothing was changed. */
export type JudgeDraft = (draft: string) => Promise<void>;

const PRIVATE = 0o600;

/**
 * Edits the config file in place: comments and format stay, and the whole configuration is judged before any of it
 * counts (contract section 1). One at a time among all processes. Resolves with whether the file is another one now.
 * Throws ConfigError when the file cannot be read, EditRefused when the edit does not fit it, LockLost when somebody else
 * has come between, and what `editsFor` throws or `judge` rejects with.
 */
export async function editConfig(path: string, editsFor: EditsFor, judge: JudgeDraft): Promise<boolean> {
  const lock = await lockConfig(path);
  try {
    const file = existsSync(path) ? realpathSync(path) : path; // a link stays a link
    const before = existsSync(file) ? textOf(file) : '';
    const after = await editText(file, before, editsFor(await treeOf(file, before)));
    if (after === before) return false;
    await replace(file, after, async (draft) => {
      await judge(draft);
      lock.check();
    });
    return true;
  } finally {
    await lock.release();
  }
}

/**
 * Begins a config file anew with nothing but these edits, whatever stood in it, which may be no configuration at all. What
 * stood there is kept beside it. Resolves with the path of that. Rejects as `editConfig` does; then nothing was changed.
 */
export async function restartConfig(path: string, edits: readonly ConfigEdit[], judge: JudgeDraft): Promise<string> {
  const lock = await lockConfig(path);
  try {
    const file = realpathSync(path);
    const backup = `${file}.${new Date().toISOString().replace(/[:.]/g, '-')}.backup`;
    await replace(file, await editText(file, '', edits), async (draft) => {
      await judge(draft);
      lock.check();
      await copyFile(file, backup, constants.COPYFILE_EXCL);
      await chmod(backup, PRIVATE);
    });
    return backup;
  } finally {
    await lock.release();
  }
}

/** The text with all edits made. What it holds then is compared with what it should: an editor may err, a config must not. */
export async function editText(file: string, text: string, edits: readonly ConfigEdit[]): Promise<string> {
  const isYaml = /\.ya?ml$/i.test(file);
  let tree = await treeOf(file, text);
  let next = text;
  for (const edit of edits) {
    tree = editTree(tree, edit);
    next = isYaml ? await editYaml(next, edit) : await editJson5(next, edit, /\.json$/i.test(file));
  }
  if (!isDeepStrictEqual(plain(await parseConfig(next, file)), plain(tree))) {
    throw new ConfigError([{ path: file, message: 'cannot be edited safely as it is written; edit it by hand' }]);
  }
  return next;
}

async function treeOf(file: string, text: string): Promise<Tree> {
  return text.trim() === '' ? {} : parseConfig(text, file);
}

async function replace(file: string, content: string, judge: JudgeDraft): Promise<void> {
  // With its extension, which says how it is to be read, and beside the file, to which what it includes is relative.
  const draft = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.draft${extname(file)}`);
  try {
    const handle = await open(draft, 'wx', PRIVATE);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await judge(draft);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncDirectory(dirname(file));
}

/** Without prototypes and the like, which do not count. */
function plain(tree: Tree): unknown {
  return JSON.parse(JSON.stringify(tree)) as unknown;
}

import { createHash } from 'node:crypto';
import {
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/kernel/clock.js';
import { Database } from '../../src/storage/database.js';
import { DatabaseSettings } from '../../src/storage/database.settings.js';

const ROOT = join(__dirname, '../..');
const DAY_MS = 86_400_000;
const CACHE = join(ROOT, 'node_modules/.cache/doorward');

const stateDirs: string[] = [];

function removeAll(): void {
  for (const folder of stateDirs) rmSync(folder, { recursive: true, force: true });
}

/** A new state directory of 0700 below the temporary folder, removed with the process. */
export function newStateDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-state-'));
  if (stateDirs.push(folder) === 1) process.once('exit', removeAll);
  return folder;
}

/**
 * A state directory whose embedded database is made and migrated already. The first start costs seconds; it is done
 * once per machine for each set of migrations, version of PGlite and way of making it, and copied from then on.
 */
export async function preparedStateDir(): Promise<string> {
  const model = join(CACHE, `embedded-${fingerprint()}`);
  if (!existsSync(model)) await prepare(model);
  const stateDir = newStateDir();
  await cp(model, stateDir, { recursive: true, mode: constants.COPYFILE_FICLONE });
  return stateDir;
}

/** Several workers may do this at once: each prepares its own, and the first to rename wins. */
async function prepare(model: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  for (const name of readdirSync(CACHE)) {
    const old = join(CACHE, name);
    const age = Date.now() - (statSync(old, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (name.startsWith('embedded-') && age > DAY_MS) rmSync(old, { recursive: true, force: true });
  }
  const own = mkdtempSync(`${model}-`);
  const database = new Database({ settings: new DatabaseSettings(), stateDir: own, clock: systemClock });
  await database.open();
  await database.close();
  try {
    renameSync(own, model);
  } catch (error) {
    if (!existsSync(model)) throw error;
    rmSync(own, { recursive: true, force: true });
  }
}

/** Of everything that the prepared files depend on. */
function fingerprint(): string {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'node_modules/@electric-sql/pglite/package.json')));
  for (const folder of ['src/storage/migrations', 'src/storage/embedded']) {
    const sources = readdirSync(join(ROOT, folder)).filter((name) => !name.endsWith('.spec.ts'));
    for (const name of sources.sort()) hash.update(readFileSync(join(ROOT, folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

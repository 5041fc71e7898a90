// Builds when dist is missing or older than what it is made of; otherwise done in a few milliseconds.
// Several at once (test workers, say) build once: the first one locks, the others wait for it.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'dist', 'cli.js');
const source = join(root, 'src');
const lock = join(root, 'node_modules', '.cache', 'doorward-build.lock');
const INGREDIENTS = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'];

/** Milliseconds of the latest change below a path; directories count too, since a removal changes only them. */
function latest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return path.endsWith('.spec.ts') ? 0 : stat.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, latest(join(path, name))), stat.mtimeMs);
}

function needed() {
  if (!existsSync(source)) return false; // an installed package brings its dist along
  if (!existsSync(built)) return true;
  const newest = Math.max(latest(source), ...INGREDIENTS.map((name) => latest(join(root, name))));
  return newest > statSync(built).mtimeMs;
}

/** Whether this process holds the lock now. One left behind by a process that is gone is taken over. */
function acquire() {
  mkdirSync(join(lock, '..'), { recursive: true });
  try {
    const file = openSync(lock, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const holder = Number(existsSync(lock) ? readFileSync(lock, 'utf8') : 0);
    if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

while (needed()) {
  if (!acquire()) {
    await sleep(100);
    continue;
  }
  try {
    if (!needed()) break;
    process.stderr.write('building …\n');
    const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
    const { status } = spawnSync(process.execPath, [nest, 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
    if (status !== 0) process.exitCode = status ?? 1;
    break;
  } finally {
    rmSync(lock, { force: true });
  }
}

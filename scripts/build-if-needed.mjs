// Builds what is missing or older than what it is made of: the program, the console. Otherwise done in a few milliseconds.
// Several at once (test workers, say) build once: the first one locks, the others wait for it. `ui` builds the console alone.
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
const source = join(root, 'src');
const lock = join(root, 'node_modules', '.cache', 'doorward-build.lock');

const PARTS = [
  {
    name: 'program',
    result: 'dist/cli.js',
    ingredients: ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'],
    steps: [['scripts/empty-dist.mjs'], ['node_modules/@nestjs/cli/bin/nest.js', 'build']],
  },
  {
    name: 'ui',
    result: 'dist/ui/index.html',
    ingredients: ['ui', 'package.json'],
    steps: [['node_modules/vite/bin/vite.js', 'build', 'ui', '--logLevel', 'warn']],
  },
];
const wanted = PARTS.filter(({ name }) => process.argv.length < 3 || process.argv.includes(name));

/** Milliseconds of the latest change below a path; directories count too, since a removal changes only them. */
function latest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return path.endsWith('.spec.ts') ? 0 : stat.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, latest(join(path, name))), stat.mtimeMs);
}

function isOld({ result, ingredients }) {
  const built = join(root, result);
  if (!existsSync(built)) return true;
  return Math.max(...ingredients.map((name) => latest(join(root, name)))) > statSync(built).mtimeMs;
}

function needed() {
  if (!existsSync(source)) return false; // an installed package brings its dist along
  return wanted.some(isOld);
}

/** The exit code of the first step that fails; 0 when all is well. */
function build({ steps }) {
  for (const [script, ...words] of steps) {
    const { status } = spawnSync(process.execPath, [join(root, script), ...words], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
    if (status !== 0) return status ?? 1;
  }
  return 0;
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
    for (const part of wanted) {
      if (!isOld(part)) continue; // another process may have built it meanwhile
      process.stderr.write('building …\n');
      process.exitCode = build(part);
      if (process.exitCode !== 0) break;
    }
    break;
  } finally {
    rmSync(lock, { force: true });
  }
}

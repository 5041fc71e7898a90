import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, type FSWatcher, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { Environment } from '../config/environment.js';
import { findStateDirectory } from '../config/state-directory.js';
import { EXIT } from './cli-error.js';
import type { World } from './command.js';
import { stopSignals } from './stop-signals.js';

/** Editors write a file in several steps. */
const SETTLE_MS = 200;

const CONFIG_NAMES = /^(doorward|openclaw|clawdbot|special-agent|config)\.(json5?|ya?ml)$|^\.env$/;

/**
 * Keeps a gateway running in a child process and starts it anew whenever the built program, its source or the
 * configuration changes. A child that fails waits for the next change. Ends with SIGTERM or SIGINT.
 */
export async function runAgainOnChange(world: World): Promise<number> {
  const { terminal } = world;
  const signals = stopSignals();
  let child = startChild(world);
  let restarting: Promise<void> | undefined;
  let stopped = false;

  const restart = async (cause: string): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    terminal.say(`${cause} changed: starting again …`);
    await end(child);
    rebuild(world);
    if (!stopped) child = startChild(world);
    restarting = undefined;
  };
  const watchers = watchAll(world, (cause) => (restarting ??= restart(cause)));

  await signals.first;
  stopped = true;
  for (const watcher of watchers) watcher.close();
  await restarting;
  await end(child);
  signals.release();
  return EXIT.done;
}

/** The channel is there to break: a child whose parent was killed stops by itself. */
function startChild({ program, environment }: World): ChildProcess {
  const words = process.argv.slice(2).filter((argument) => argument !== '--dev');
  return spawn(process.execPath, [program, ...words], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...environment },
  });
}

/** The embedded database is let go before the next child asks for it. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** In a checkout the source is what changes; an installed package has none. */
const packageRoot = ({ program }: World): string => dirname(dirname(program));

function rebuild(world: World): void {
  const script = join(packageRoot(world), 'scripts', 'build-if-needed.mjs');
  if (existsSync(script)) spawnSync(process.execPath, [script], { stdio: 'inherit' });
}

function watchAll(world: World, changed: (cause: string) => void): FSWatcher[] {
  const env = new Environment(world.environment);
  const source = join(packageRoot(world), 'src');
  const configPath = env.get('CONFIG_PATH');
  const stateDir = findStateDirectory(env);
  const watchers: FSWatcher[] = [];
  if (existsSync(source)) {
    watchers.push(watch(source, { recursive: true }, (_, name) => name?.endsWith('.ts') && changed(name)));
  }
  if (configPath !== undefined && existsSync(dirname(configPath))) {
    watchers.push(watch(dirname(configPath), (_, name) => name !== null && configPath.endsWith(name) && changed(name)));
  }
  if (existsSync(stateDir)) {
    watchers.push(watch(stateDir, (_, name) => name !== null && CONFIG_NAMES.test(name) && changed(name)));
  }
  return watchers;
}

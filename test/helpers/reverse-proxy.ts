import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './redis-server.js';
import { until } from './until.js';

/** A reverse proxy on this machine that has signed its users in: `session=ana` as a cookie is ana@example.com. */
export interface ReverseProxy {
  /** It listens on all addresses. */
  readonly port: number;
  close(): Promise<void>;
}

/** One kind of reverse proxy. */
export interface ProxyKind {
  readonly name: string;
  /** The header in which it names the user, as its manuals have it. */
  readonly userHeader: string;
  start(upstream: number): Promise<ReverseProxy>;
}

/** The sessions that every kind knows. */
export const SESSIONS = { ana: 'ana@example.com', bob: 'bob@example.com' } as const;

/** Where a program is on this machine: on the PATH, or where systems keep their servers. */
export function programAt(name: string): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(':'),
    '/usr/sbin',
    '/usr/local/sbin',
    '/usr/bin',
    '/usr/local/bin',
  ];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface ProxyProgram {
  readonly program: string;
  /** The command line, for a config file in a folder of its own. */
  args(config: string, folder: string): string[];
  /** The config file's name, and its content. */
  readonly file: string;
  config(port: number, upstream: number, folder: string): string;
}

/** Starts a program that listens where its config says, and waits until it does. */
export async function startProxy(kind: ProxyProgram, upstream: number): Promise<ReverseProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-proxy-'));
  const port = await freePort();
  const file = join(folder, kind.file);
  writeFileSync(file, kind.config(port, upstream, folder));
  const env = { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn(kind.program, kind.args(file, folder), { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);

  const close = async (): Promise<void> => {
    process.off('exit', kill);
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(`${kind.program} on its port`, () => {
      if (child.exitCode !== null) throw new Error(`${kind.program} ended: ${said}${logOf(folder)}`);
      return accepts(port);
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { port, close };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false; // not yet
  } finally {
    socket.destroy();
  }
}

function logOf(folder: string): string {
  try {
    return readFileSync(join(folder, 'error.log'), 'utf8');
  } catch {
    return '';
  }
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';

const USER = 'doorward';
const PASSWORD = 'p@ss/word';

/** The folder of the newest PostgreSQL of this machine. */
const programs = findPrograms();

/** Whether a real PostgreSQL can be started here. Tests of behaviour run on the embedded one where there is none. */
export const hasPostgres = programs !== undefined;

export interface Postgres {
  /** As the superuser `doorward`, on the database `postgres`. */
  readonly url: string;
  /** Makes an empty database and returns its URL. */
  database(): Promise<string>;
  /** Runs one statement as the superuser, on a connection of its own. */
  query(sql: string, url?: string): Promise<Record<string, unknown>[]>;
  /** Ends it as an administrator would; connections are told. */
  stop(): Promise<void>;
  /** Starts it again on the same address and data, after `stop()`, after `kill()`, or while it runs. */
  restart(): Promise<void>;
  /** Kills it like a power cut. */
  kill(): Promise<void>;
  /** Ends it for good and removes its files. */
  dispose(): Promise<void>;
}

/** A real server in a temporary directory on 127.0.0.1. As root it runs under another account, as it insists. */
export async function startPostgres(): Promise<Postgres> {
  if (!programs) throw new Error('no PostgreSQL on this machine: look at hasPostgres first');
  const account = process.getuid?.() === 0 ? unprivileged() : {};
  const folder = mkdtempSync(join(tmpdir(), 'doorward-postgres-'));
  const data = join(folder, 'data');
  const password = join(folder, 'password');
  writeFileSync(password, PASSWORD);
  chmodSync(folder, 0o755);
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid!);
  const initialise = ['-D', data, '-U', USER, '-A', 'scram-sha-256', '--pwfile', password, '-E', 'UTF8', '-N'];
  execFileSync(join(programs, 'initdb'), initialise, { ...account, cwd: folder, stdio: 'ignore' });

  const port = await freePort();
  const urlOf = (name: string): string =>
    `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${name}`;
  const url = urlOf('postgres');
  let server: ChildProcess | undefined;
  let databases = 0;

  const query = async (sql: string, at = url): Promise<Record<string, unknown>[]> => {
    const client = new Client({ connectionString: at });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  const start = async (): Promise<void> => {
    const options = ['-D', data, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'];
    const rest = ['-c', 'unix_socket_directories=', '-c', 'logging_collector=off', '-c', 'max_connections=50'];
    for (const until = Date.now() + 30_000; Date.now() < until; await pause(50)) {
      // After a kill the first attempts may fail, while the old children have not noticed yet.
      if (!server || server.exitCode !== null || server.signalCode !== null) {
        server = spawn(join(programs!, 'postgres'), [...options, ...rest], {
          ...account,
          cwd: folder,
          stdio: 'ignore',
        });
      }
      if (await query('select 1').then(Boolean, () => false)) return;
    }
    throw new Error('PostgreSQL did not start within 30 s');
  };

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    await gone;
    server = undefined;
  };

  const removeAll = (): void => {
    server?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', removeAll);

  await start();
  return {
    url,
    query,
    database: async () => {
      const name = `doorward_${++databases}`;
      await query(`create database ${name}`);
      return urlOf(name);
    },
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGINT');
      await start();
    },
    dispose: async () => {
      await end('SIGQUIT');
      process.removeListener('exit', removeAll);
      removeAll();
    },
  };
}

function findPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...(process.env.PATH ?? '').split(':'), ...versions.map((version) => join(debian, version, 'bin'))];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

function unprivileged(): { uid?: number; gid?: number } {
  const id = (flag: string, name: string): number => Number(execFileSync('id', [flag, name], { stdio: 'pipe' }));
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: id('-u', name), gid: id('-g', name) };
    } catch {
      continue;
    }
  }
  throw new Error('PostgreSQL refuses to run as root, and there is neither a postgres nor a nobody account');
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

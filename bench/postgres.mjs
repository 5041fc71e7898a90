import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './process.mjs';

/** The folder of the newest PostgreSQL of this machine, or undefined. */
export function findPostgres() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...(process.env.PATH ?? '').split(':'), ...versions.map((version) => join(debian, version, 'bin'))];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/**
 * Starts a server of its own in a temporary folder, on 127.0.0.1.
 *
 * @param {string} programs what `findPostgres` found
 * @returns {Promise<{ url(name: string): string, query(sql: string): Promise<void>, stop(): Promise<void> }>}
 */
export async function startPostgres(programs) {
  const account = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  const folder = mkdtempSync(join(tmpdir(), 'doorward-bench-postgres-'));
  chmodSync(folder, 0o755);
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const initialise = ['-D', data, '-U', 'doorward', '-A', 'trust', '-E', 'UTF8', '-N'];
  execFileSync(join(programs, 'initdb'), initialise, { ...account, cwd: folder, stdio: 'ignore' });

  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_wal_size=4GB'];
  const options = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const server = spawn(join(programs, 'postgres'), options, { ...account, cwd: folder, stdio: 'ignore' });
  const url = (name) => `postgres://doorward@127.0.0.1:${port}/${name}`;
  const query = (sql) => onConnection(url('postgres'), sql);
  for (let tries = 0; !(await query('select 1').then(Boolean, () => false)); tries += 1) {
    if (tries > 200) throw new Error('PostgreSQL did not start');
    await sleep(50);
  }
  return {
    url,
    query,
    stop: async () => {
      server.kill('SIGQUIT');
      await once(server, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function onConnection(url, sql) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(sql);
    return true;
  } finally {
    await client.end();
  }
}

/** PostgreSQL refuses to run as root. */
const idOf = (flag) => Number(execFileSync('id', [flag, 'postgres'], { stdio: 'pipe' }));

import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fileURLToPath } from 'node:url';
import { fillDevices } from './devices.mjs';
import { freePort, ServerProcess } from './process.mjs';

/** The house key that the good clients show. */
export const TOKEN = 'b'.repeat(48);

/** Rows of the database in which a gateway token is looked for. */
export const TOKENS = 100_000;

/** The gateway token of row `n`: no secret, and of the form that the gateway makes (64 hex). */
export const gatewayToken = (n) => createHash('sha256').update(`bench-${n}`).digest('hex');

const CONFIG = {
  gateway: {
    // All load comes from this machine: it must show a credential, or the shortest way in would be measured.
    auth: { token: TOKEN, loopback: 'deny', rateLimit: { lockoutMs: 3_600_000 } },
    websocket: { maxUnauthenticatedPerAddress: 10_000, maxUnauthenticated: 20_000 },
  },
};

/** Starts one of the bare servers of this folder. */
export async function startBare(name, more = {}) {
  const port = await freePort();
  const file = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
  return ServerProcess.start([file], port, { BENCH_TOKEN: TOKEN, BENCH_PORT: String(port), ...more });
}

/**
 * Starts the built gateway.
 *
 * @param {string} program the file to run: dist/cli.js
 * @param {string | undefined} stateDir one with a database; without it the gateway has none
 * @param {Readonly<Record<string, string>>} more of its environment
 */
export async function startGateway(program, stateDir, more = {}) {
  const port = await freePort();
  const environment = stateDir
    ? { DOORWARD_STATE_DIR: stateDir }
    : { ...(await emptyState()), DOORWARD_DATABASE_MODE: 'none' };
  const args = [program, 'gateway', 'run', '--port', String(port), '--json'];
  return ServerProcess.start(args, port, { ...environment, ...more });
}

/** Starts the built gateway with a new embedded database and more of a configuration. */
export async function startGatewayWith(program, config) {
  return startGateway(program, await stateDirectory(config));
}

async function emptyState() {
  return { DOORWARD_STATE_DIR: await stateDirectory() };
}

const made = [];

async function stateDirectory(more = {}) {
  const stateDir = await mkdtemp(join(tmpdir(), 'doorward-bench-'));
  made.push(stateDir);
  await writeFile(join(stateDir, 'doorward.json5'), JSON.stringify({ ...CONFIG, ...more }), { mode: 0o600 });
  return stateDir;
}

/** Removes every state directory that was made. */
export async function cleanUp() {
  for (const stateDir of made.splice(0)) await rm(stateDir, { recursive: true, force: true });
}

const FILL = `
  WITH made AS (INSERT INTO users (tenant_id, email, role)
                SELECT id, 'bench@localhost', 'owner' FROM tenants ORDER BY created_at LIMIT 1
                ON CONFLICT (email) DO UPDATE SET role = users.role RETURNING id, tenant_id),
       owner AS (SELECT id, tenant_id FROM made),
       shown AS (SELECT encode(sha256(convert_to('bench-' || n, 'UTF8')), 'hex') AS token
                   FROM generate_series($1::int, $2::int) n)
  INSERT INTO gateway_tokens (token_digest, tenant_id, user_id, expires_at)
  SELECT encode(sha256(convert_to(token, 'UTF8')), 'hex'), owner.tenant_id, owner.id, now() + interval '1 day'
    FROM shown, owner`;

/** Rows of one statement: the embedded database does not answer anybody else meanwhile. */
const FILLED_AT_ONCE = 50_000;

/** A state directory with an embedded database of `tokens` gateway tokens. `program` is whose own storage makes it. */
export const filledState = (program, tokens) => filledDatabase(program, tokens);

/** The same, or with `url` the rows in that PostgreSQL, and a state directory without any. */
export function filledDatabase(program, tokens, url) {
  const fill = async (database) => {
    for (let from = 1; from <= tokens; from += FILLED_AT_ONCE) {
      await database.query(FILL, [from, Math.min(tokens, from + FILLED_AT_ONCE - 1)]);
    }
  };
  return prepared(program, fill, url);
}

/** The same with `count` paired devices. */
export function deviceState(program, count) {
  return prepared(program, (database) => fillDevices(database, count));
}

async function prepared(program, fill, url) {
  const stateDir = await stateDirectory();
  const part = (path) => import(pathToFileURL(join(dirname(program), path)).href);
  const [{ Database }, { DatabaseSettings }, { systemClock }] = await Promise.all([
    part('storage/database.js'),
    part('storage/database.settings.js'),
    part('kernel/clock.js'),
  ]);
  const settings = Object.assign(new DatabaseSettings(), {
    mode: url === undefined ? 'embedded' : 'postgres',
    url,
    queryTimeoutMs: 120_000,
  });
  const database = new Database({ settings, stateDir, clock: systemClock });
  await database.open();
  await fill(database);
  await database.query('VACUUM ANALYZE'); // else the gateway would do it while it is measured
  await database.close();
  return stateDir;
}

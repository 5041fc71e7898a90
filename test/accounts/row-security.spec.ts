import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import type { Database } from '../../src/storage/database.js';
import { type Isolation, isolationWarning } from '../../src/storage/tenant-isolation.js';
import { preparedStateDir } from '../helpers/embedded.js';
import { given } from '../helpers/given.js';
import { hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { closeAll, makeDatabase, openDatabase } from '../storage/open.js';

const warnings: string[] = [];
const log = { debug() {}, info() {}, error() {}, warn: (sentence: string) => void warnings.push(sentence) };

let server: Postgres | undefined;

beforeAll(async () => {
  if (hasPostgres) server = await startPostgres();
});
afterAll(async () => {
  await closeAll();
  await server?.dispose();
});

/** A database of a user of its own: what the user may do is the case. */
async function ownedBy(user: string, rights: string): Promise<Database> {
  await server!.query(`CREATE ROLE ${user} LOGIN PASSWORD 'x' NOSUPERUSER ${rights}`);
  const url = new URL(await server!.database());
  await server!.query(`ALTER DATABASE ${url.pathname.slice(1)} OWNER TO ${user}`);
  await server!.query(`ALTER SCHEMA public OWNER TO ${user}`, url.href);
  Object.assign(url, { username: user, password: 'x' });
  return openDatabase({ url: url.href, poolSize: 1 }, { log });
}

interface Case {
  readonly isolation: Isolation;
  readonly open: () => Promise<Database>;
}

// The first finds a server that never had the role, the last one that has it and may not use it.
// prettier-ignore
const ON_POSTGRES: Readonly<Record<string, Case>> = {
  'PostgreSQL, an owner without CREATEROLE':        { isolation: 'force', open: () => ownedBy('plain', 'NOCREATEROLE') },
  'PostgreSQL, an owner with CREATEROLE':           { isolation: 'role',  open: () => ownedBy('maker', 'CREATEROLE') },
  'PostgreSQL, a superuser':                        { isolation: 'role',  open: async () => openDatabase({ url: await server!.database(), poolSize: 1 }) },
  'PostgreSQL, an owner to whom it was not granted': { isolation: 'force', open: () => ownedBy('late', 'NOCREATEROLE') },
};
const CASES: Readonly<Record<string, Case>> = {
  'the embedded one': {
    isolation: 'role',
    open: async () => openDatabase({}, { stateDir: await preparedStateDir() }),
  },
  ...(hasPostgres && ON_POSTGRES),
};

const TENANT_TABLES = `
  SELECT c.relname AS name, c.relrowsecurity AS guarded,
         (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname IN ('tenant_rows', 'house_rows')) AS policies
    FROM pg_class c
   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
     AND (c.relname = 'tenants' OR EXISTS (
       SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))
   ORDER BY 1`;

interface TableRow {
  readonly name: string;
  readonly guarded: boolean;
  readonly policies: number;
}

describe.each(Object.entries(CASES))('one tenant at a time: %s', (_name, { isolation, open }) => {
  let database: Database;
  let a: string;
  let b: string;

  beforeAll(async () => {
    database = await open();
  });

  beforeEach(async () => {
    [a, b] = [randomUUID(), randomUUID()];
    for (const id of [a, b]) {
      await database.query(`INSERT INTO tenants (id, name) VALUES ($1, $2)`, [id, id]);
      await database.query(`INSERT INTO users (tenant_id, email) VALUES ($1, $2)`, [id, `${id}@example.com`]);
    }
  });

  const emailsSeen = (tenant: string): Promise<{ email: string }[]> =>
    database.asTenant(tenant, (manager) => manager.query('SELECT email FROM users'));

  it('shows its rows alone, however little a statement asks for', async () => {
    expect(await emailsSeen(a)).toEqual([{ email: `${a}@example.com` }]);
    expect(await database.asTenant(a, (manager) => manager.query('SELECT id FROM tenants'))).toEqual([{ id: a }]);
    expect(
      await database.asTenant(a, (manager) => manager.query('SELECT id FROM users WHERE tenant_id = $1', [b])),
    ).toEqual([]);
  });

  it('changes and removes none of another', async () => {
    await database.asTenant(a, async (manager) => {
      await manager.query(`UPDATE users SET display_name = 'mine'`);
      await manager.query(`UPDATE tenants SET name = name || '!'`);
      await manager.query(`DELETE FROM users WHERE tenant_id = $1`, [b]);
    });

    const rows = await database.query(
      `SELECT u.display_name AS person, t.name FROM users u JOIN tenants t ON t.id = u.tenant_id
        WHERE t.id IN ($1, $2) ORDER BY t.id = $2`,
      [a, b],
    );
    expect(rows).toEqual([
      { person: 'mine', name: `${a}!` },
      { person: null, name: b },
    ]);
  });

  it.each([
    ['a row of another', `INSERT INTO users (tenant_id, email) VALUES ($1, 'x@example.com')`],
    ['its own row into another', `UPDATE users SET tenant_id = $1`],
    [
      'a line into the audit of another',
      `INSERT INTO audit_events (tenant_id, seq, at, actor, action, previous_hash, hash)
       VALUES ($1, 1, now(), 'x', 'x', repeat('0', 64), repeat('0', 64))`,
    ],
  ])('lets it put in %s', async (_what, sql) => {
    await expect(database.asTenant(a, (manager) => manager.query(sql, [b]))).rejects.toThrow(/row-level security/);
    expect(await emailsSeen(b)).toEqual([{ email: `${b}@example.com` }]);
  });

  it('has no tenant that is none', async () => {
    await expect(emailsSeen(null as unknown as string)).rejects.toThrow(/which tenant/);
    await expect(emailsSeen('')).rejects.toThrow(/uuid/);
    expect(await emailsSeen(randomUUID())).toEqual([]);
  });

  it('the connection forgets role and tenant, after a commit and after an error', async () => {
    await emailsSeen(a);
    await database.asTenant(a, (manager) => manager.query('SELECT 1 / 0')).catch(() => undefined);
    await database.asTenant(a, () => Promise.reject(new Error('changed my mind'))).catch(() => undefined);

    const [who] = await database.query<{ left: string; same: boolean }>(
      `SELECT coalesce(current_setting('doorward.tenant_id', true), '') AS left, current_user = session_user AS same`,
    );
    expect(who).toEqual({ left: '', same: true });
    expect(await database.query('SELECT id FROM users WHERE tenant_id IN ($1, $2)', [a, b])).toHaveLength(2);
  });

  it('every table with a tenant_id is behind the policies', async () => {
    const tables = await database.query<TableRow>(TENANT_TABLES);

    expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['audit_events', 'devices', 'users']));
    // A new table is guarded at the next start by itself: doorward_isolate_tenants of migration 0006 looks for them.
    expect(tables.filter(({ guarded, policies }) => !guarded || policies !== 2)).toEqual([]);
  });

  it(`is enforced by ${isolation}`, async () => {
    const [row] = await database.query<{ isolation: Isolation }>('SELECT doorward_isolate_tenants() AS isolation');
    const [users] = await database.query<{ forced: boolean }>(
      `SELECT relforcerowsecurity AS forced FROM pg_class WHERE oid = 'users'::regclass`,
    );

    expect([row!.isolation, users!.forced]).toEqual([isolation, isolation === 'force']);
  });

  it('brings a table that came later behind the policies', async () => {
    await database.query('CREATE TABLE later (id int, tenant_id uuid)');
    await database.query('INSERT INTO later VALUES (1, $1), (2, $2)', [a, b]);
    await database.query('SELECT doorward_isolate_tenants()');

    expect(await database.asTenant(b, (manager) => manager.query('SELECT id FROM later'))).toEqual([{ id: 2 }]);
    await database.query('DROP TABLE later');
  });
});

describe('the role of tenants', () => {
  let database: Database;
  let tenant: string;

  beforeAll(async () => {
    database = await openDatabase({}, { stateDir: await preparedStateDir() });
    tenant = randomUUID();
    await database.query(`INSERT INTO tenants (id, name) VALUES ($1, 'a')`, [tenant]);
  });

  it.each([
    ['lift its own suspension', `UPDATE tenants SET status = 'active'`],
    ['remove itself', 'DELETE FROM tenants'],
    ['rewrite the audit', `UPDATE audit_events SET action = 'nothing'`],
    ['shorten the audit', 'DELETE FROM audit_events'],
    ['say that the audit ends elsewhere', 'UPDATE audit_heads SET seq = 1'],
    ['forget where the audit ends', 'DELETE FROM audit_heads'],
    ['note an end of the audit', `INSERT INTO audit_heads VALUES (gen_random_uuid(), 1, repeat('0', 64))`],
    ['look at what belongs to the whole house', 'SELECT * FROM migrations'],
  ])('was not granted to %s', async (_what, sql) => {
    await expect(database.asTenant(tenant, (manager) => manager.query(sql))).rejects.toThrow(/permission denied/);
  });

  it('sees nothing at all where no tenant was said', async () => {
    const seen = database.transaction(async (manager) => {
      await manager.query('SET LOCAL ROLE doorward_tenant');
      return manager.query<unknown[]>('SELECT id FROM tenants');
    });
    expect(await seen).toEqual([]);
  });
});

given(hasPostgres, 'a user of PostgreSQL who cannot make the role', () => {
  it('is told once, with the remedy', async () => {
    warnings.length = 0;
    await ownedBy('told', 'NOCREATEROLE');

    expect(warnings).toEqual([isolationWarning('force')]);
    expect(warnings[0]).toContain('GRANT doorward_tenant TO');
  });

  it('is told when the role itself passes row-level security', async () => {
    await server!.query('ALTER ROLE doorward_tenant BYPASSRLS');
    warnings.length = 0;
    await openDatabase({ url: await server!.database() }, { log });
    await server!.query('ALTER ROLE doorward_tenant NOBYPASSRLS');

    expect(warnings).toEqual([isolationWarning('nothing')]);
  });

  it('is believed as soon as the role is granted to it', async () => {
    const database = await ownedBy('granted', 'NOCREATEROLE');
    await server!.query('GRANT doorward_tenant TO granted');

    const [row] = await database.query<{ isolation: Isolation }>('SELECT doorward_isolate_tenants() AS isolation');
    const who = await database.asTenant(HOUSE_TENANT, (manager) => manager.query('SELECT current_user::text AS name'));

    expect(row).toEqual({ isolation: 'role' });
    expect(who).toEqual([{ name: 'doorward_tenant' }]);
  });
});

it('fails as unavailable where there is no database', async () => {
  const database = makeDatabase({ mode: 'none' });
  await expect(database.asTenant(HOUSE_TENANT, async () => 1)).rejects.toThrow('turned off');
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Unavailable } from '../../src/kernel/errors.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import type { Database } from '../../src/storage/database.js';
import { Device } from '../../src/storage/entities/device.js';
import { GatewayToken } from '../../src/storage/entities/gateway-token.js';
import { Tenant } from '../../src/storage/entities/tenant.js';
import { User } from '../../src/storage/entities/user.js';
import { clear, closeAll, disposeServer, ENGINES, makeDatabase, openEngine } from './open.js';

afterAll(async () => {
  await closeAll();
  await disposeServer();
});

const addUser = (database: Database, email: string, tenantId = HOUSE_TENANT): Promise<User> =>
  database.repository(User).save({ email, tenantId });

const names = async (database: Database): Promise<string[]> => {
  const rows = await database.query<{ name: string }>(`select name from tenants where name <> 'house' order by name`);
  return rows.map(({ name }) => name);
};

describe.each(ENGINES)('rows in %s', (engine) => {
  let database: Database;

  beforeAll(async () => {
    database = await openEngine(engine);
  });

  beforeEach(() => clear(database));

  it('begins with the house', async () => {
    expect(await database.repository(Tenant).find()).toMatchObject([{ id: HOUSE_TENANT, name: 'house' }]);
    expect(database.state()).toMatchObject({ mode: engine, ready: true });
  });

  it('keeps overlapping transactions apart', async () => {
    const insert = `insert into tenants (name) values ($1)`;
    let rollBack = (): void => {};
    const held = new Promise<void>((resolve) => (rollBack = resolve));

    const first = database.transaction(async (manager) => {
      await manager.query(insert, ['rolled back']);
      await held;
      throw new Error('changed my mind');
    });
    const second = database.transaction((manager) => manager.query(insert, ['committed']));
    const plain = database.query(insert, ['plain']);
    setImmediate(rollBack);

    await expect(first).rejects.toThrow('changed my mind');
    await Promise.all([second, plain]);
    expect(await names(database)).toEqual(['committed', 'plain']);
  });

  it('does not report as stored what a failed statement has rolled back', async () => {
    const work = database.transaction(async (manager) => {
      await manager.query(`insert into tenants (name) values ('lost')`);
      await manager.query('select 1 / 0').catch(() => undefined);
    });

    await expect(work).rejects.toThrow('the transaction was rolled back');
    expect(await names(database)).toEqual([]);
  });

  it('gives the same values for the same types', async () => {
    const at = new Date('2026-01-02T03:04:05.678Z');

    const [row] = await database.query(
      `select $1::timestamptz as at, $2::text[] as list, $3::jsonb as json, 9007199254740991::bigint as big,
        count(*) as count, $4::bytea as bytes, $5::uuid as id, $6::text as nothing, true as yes, 1.5::numeric as exact
       from tenants`,
      [at, ['a', 'b "c", {d}'], JSON.stringify({ a: [1, null] }), Buffer.from([0, 255]), HOUSE_TENANT, null],
    );

    expect(row).toEqual({
      at,
      list: ['a', 'b "c", {d}'],
      json: { a: [1, null] },
      big: Number.MAX_SAFE_INTEGER,
      count: 1,
      bytes: Buffer.from([0, 255]),
      id: HOUSE_TENANT,
      nothing: null,
      yes: true,
      exact: '1.5',
    });
  });

  it('returns the rows of `returning`', async () => {
    expect(await database.query(`update tenants set status = 'suspended' returning name`)).toEqual([{ name: 'house' }]);
    expect(await database.query(`update tenants set status = 'active'`)).toEqual([]);
  });

  it('stores every kind of row and reads it back', async () => {
    const user = await addUser(database, 'ann@example.com');
    const expiresAt = new Date('2030-01-01T00:00:00Z');

    const token = await database.repository(GatewayToken).save({
      tokenDigest: 'a'.repeat(64),
      tenantId: HOUSE_TENANT,
      userId: user.id,
      scopes: ['operator.read' as const],
      expiresAt,
    });
    await database.repository(Device).insert({ id: 'd1', tenantId: HOUSE_TENANT, roles: ['node'] });

    expect(await database.repository(GatewayToken).findOneBy({ tokenDigest: 'a'.repeat(64) })).toMatchObject({
      id: token.id,
      userId: user.id,
      scopes: ['operator.read'],
      expiresAt,
      revokedAt: null,
      createdAt: expect.any(Date),
    });
    expect(await database.repository(Device).findOneByOrFail({ id: 'd1' })).toMatchObject({
      roles: ['node'],
      approvedScopes: [],
    });
  });

  it.each([
    ['an e-mail in capitals', `insert into users (tenant_id, email) values ('${HOUSE_TENANT}', 'Ann@example.com')`],
    ['an unknown role', `insert into users (tenant_id, email, role) values ('${HOUSE_TENANT}', 'a@b', 'root')`],
    ['a user of no tenant', `insert into users (tenant_id, email) values (gen_random_uuid(), 'a@b')`],
    ['a status that is none', `update tenants set status = 'gone'`],
  ])('refuses %s, and stays well', async (_what, sql) => {
    await expect(database.query(sql)).rejects.toThrow(/violates/);
    expect(database.state().ready).toBe(true);
  });

  it("refuses one tenant's token for another tenant's user", async () => {
    const other = await database.repository(Tenant).save({ name: 'other' });
    const user = await addUser(database, 'ann@example.com');

    const token = { tokenDigest: 'b'.repeat(64), tenantId: other.id, userId: user.id, expiresAt: new Date() };

    await expect(database.repository(GatewayToken).insert(token)).rejects.toThrow(/foreign key/);
  });

  it('S070: takes what a client sent as a value, never as SQL', async () => {
    const evil = `x'); drop table users; --`;

    await database.query('insert into tenants (name) values ($1)', [evil]);

    expect(await names(database)).toEqual([evil]);
    expect(await database.query('select count(*) as users from users')).toEqual([{ users: 0 }]);
  });

  it('answers no more after it was closed', async () => {
    await database.close();

    await expect(database.query('select 1')).rejects.toThrow(Unavailable);
    expect(() => database.repository(User)).toThrow(Unavailable);
    expect(database.state()).toMatchObject({ ready: false, reason: 'closed' });
  });
});

describe('no database', () => {
  it('fails every use as unavailable, and says why', async () => {
    const database = makeDatabase({ mode: 'none' });
    await database.open();

    await expect(database.query('select 1')).rejects.toThrow(Unavailable);
    await expect(database.transaction(async () => 1)).rejects.toThrow(Unavailable);
    expect(() => database.repository(User)).toThrow(Unavailable);
    expect(database.state()).toEqual({
      mode: 'none',
      ready: false,
      reason: 'the database is turned off',
      description: 'no database',
    });
    await database.close();
  });
});

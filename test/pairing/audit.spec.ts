import { hash } from 'node:crypto';
import { stringify } from 'safe-stable-stringify';
import { addToChain } from '../../src/audit/audit-chain.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import type { Database } from '../../src/storage/database.js';
import { closeAll, disposeServer, ENGINES, openEngine } from '../storage/open.js';

afterAll(async () => {
  await closeAll();
  await disposeServer();
});

interface Row {
  readonly seq: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly target: string | null;
  readonly requestId: string | null;
  readonly detail: unknown;
  readonly previous: string;
  readonly hash: string;
}

const rowsOf = (database: Database, tenantId: string): Promise<Row[]> =>
  database.query<Row>(
    `SELECT seq, at, actor, action, target, request_id AS "requestId", detail, previous_hash AS previous, hash
       FROM audit_events WHERE tenant_id = $1 ORDER BY seq`,
    [tenantId],
  );

/** The first row that does not follow from the one before it, as anybody can find it who has the rows; 0 if all do. */
function broken(tenantId: string, rows: readonly Row[]): number {
  let before = '0'.repeat(64);
  for (const [index, { seq, at, hash: link, previous, ...what }] of rows.entries()) {
    const row = { tenantId, seq: Number(seq), at: at.toISOString(), ...what };
    const expected = hash('sha256', `${before}\n${stringify(row)}`, 'hex');
    if (Number(seq) !== index + 1 || previous !== before || link !== expected) return index + 1;
    before = link;
  }
  return 0;
}

describe.each(ENGINES)('the audit in %s', (engine) => {
  let database: Database;

  beforeEach(async () => {
    database = await openEngine(engine);
  });

  const append = (tenantId: string, index: number, fail = false): Promise<void> =>
    database.transaction(async (manager) => {
      const detail = { index, scopes: ['b', 'a'], missing: undefined, nested: { z: 1, a: 'ü "quoted" \u2028' } };
      await addToChain(
        [{ tenantId, actor: 'test:test', action: 'device.approved', target: 'device:x', detail }],
        manager,
      );
      if (fail) throw new Error('changed my mind');
    });

  async function newTenant(): Promise<string> {
    const [{ id }] = (await database.query<{ id: string }>(
      `INSERT INTO tenants (name) VALUES (gen_random_uuid()::text) RETURNING id`,
    )) as [{ id: string }];
    return id;
  }

  it('is one chain for each tenant, however many write at once and change their minds', async () => {
    const tenants = [HOUSE_TENANT, await newTenant()];
    const work = Array.from({ length: 60 }, (_, index) => append(tenants[index % 2]!, index, index % 5 === 0));
    const outcomes = await Promise.allSettled(work);

    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(12);
    for (const tenant of tenants) {
      const rows = await rowsOf(database, tenant);
      expect(rows).toHaveLength(24);
      expect(broken(tenant, rows)).toBe(0);
    }
  });

  it.each([
    ['changed', `UPDATE audit_events SET actor = 'test:other' WHERE seq = 3`],
    ['backdated', `UPDATE audit_events SET at = at - interval '1 hour' WHERE seq = 3`],
    ['changed inside', `UPDATE audit_events SET detail = detail || '{"index": 99}' WHERE seq = 3`],
    ['removed', `DELETE FROM audit_events WHERE seq = 3`],
    ['exchanged', `UPDATE audit_events SET seq = 7 - seq WHERE seq IN (3, 4)`],
  ])('shows a row that was %s', async (_, sql) => {
    for (let index = 0; index < 5; index += 1) await append(HOUSE_TENANT, index);
    expect(broken(HOUSE_TENANT, await rowsOf(database, HOUSE_TENANT))).toBe(0);

    // Where the keys themselves stand in the way of the forger, they move the rows aside first.
    await database.query(`ALTER TABLE audit_events DROP CONSTRAINT IF EXISTS audit_events_pkey`);
    await database.query(sql);
    expect(broken(HOUSE_TENANT, await rowsOf(database, HOUSE_TENANT))).toBe(3);
  });
});

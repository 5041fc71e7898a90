import { randomUUID } from 'node:crypto';
import { type AuditEntry, addToChain, linkOf } from '../../src/audit/audit-chain.js';
import { AuditReader } from '../../src/audit/audit-reader.js';
import type { AuditRecord } from '../../src/audit/audit-record.js';
import { AuditVerification } from '../../src/audit/audit-verification.js';
import { Unavailable } from '../../src/kernel/errors.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import type { Database } from '../../src/storage/database.js';
import { closeAll, disposeServer, ENGINES, openEngine } from '../storage/open.js';

afterAll(async () => {
  await closeAll();
  await disposeServer();
});

describe.each(ENGINES)('the audit in %s', (engine) => {
  let database: Database;
  let reader: AuditReader;
  let other: string;

  const write = (tenantId: string, entries: readonly Partial<AuditEntry>[]): Promise<void> =>
    database.transaction((manager) =>
      addToChain(
        entries.map((entry) => ({ tenantId, actor: 'test:test', action: 'device.approved', ...entry })),
        manager,
      ),
    );
  const numbered = (count: number): Partial<AuditEntry>[] =>
    Array.from({ length: count }, (_, index) => ({
      target: index % 2 === 0 ? 'device:x' : undefined,
      requestId: index % 3 === 0 ? randomUUID() : undefined,
      detail: { index, z: 1e21, a: ['ü "quoted" \u2028', null, 0.1], missing: undefined, at: new Date(0) },
    }));
  const all = async (batches: AsyncIterable<AuditRecord[]>): Promise<AuditRecord[]> => {
    const rows: AuditRecord[] = [];
    for await (const batch of batches) rows.push(...batch);
    return rows;
  };
  const seqs = (rows: readonly AuditRecord[]): string[] =>
    rows.map(({ tenantId, seq }) => `${tenantId === HOUSE_TENANT ? 'house' : 'other'} ${seq}`);

  beforeAll(async () => {
    database = await openEngine(engine);
    reader = new AuditReader(database);
  });
  beforeEach(async () => {
    await database.query('DELETE FROM audit_events');
    await database.query('DELETE FROM audit_heads');
    await database.query(`DELETE FROM tenants WHERE name <> 'house'`);
    other = randomUUID();
    await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [other, other]);
  });

  describe('is read', () => {
    it('page by page, the newest first, of one tenant or of all', async () => {
      await write(HOUSE_TENANT, [{ agoMs: 5000 } as object, { agoMs: 3000 } as object]);
      await write(other, [{ agoMs: 4000 } as object, { agoMs: 2000 } as object, { agoMs: 1000 } as object]);

      const pages: string[][] = [];
      for (let after: AuditRecord | undefined, rows: AuditRecord[]; ; after = rows.at(-1)) {
        rows = await reader.page(undefined, {}, 2, after);
        if (rows.length === 0) break;
        pages.push(seqs(rows));
      }
      expect(pages).toEqual([['other 3', 'other 2'], ['house 2', 'other 1'], ['house 1']]);
      expect(seqs(await reader.page(other, {}, 10))).toEqual(['other 3', 'other 2', 'other 1']);
      expect(await reader.page(other, {}, 10, { tenantId: HOUSE_TENANT, seq: 2 })).toEqual([]);
      expect(await reader.page(undefined, {}, 10, { tenantId: other, seq: 99 })).toEqual([]);
    });

    it('by action, group of actions, actor and time', async () => {
      const hour = 3_600_000;
      await write(other, [
        { action: 'device.approved', actor: 'token:token', agoMs: 3 * hour } as object,
        { action: 'device.removed', actor: 'user:ana', agoMs: 2 * hour } as object,
        { action: 'device_token.rotated', actor: 'user:ana', agoMs: hour } as object,
      ]);
      const ago = (hours: number): string => new Date(Date.now() - hours * hour).toISOString();
      const found = async (filter: object): Promise<[string[], string[]]> => [
        seqs(await reader.page(other, filter, 10)),
        seqs(await all(reader.chain(other, filter))).toReversed(),
      ];
      // prettier-ignore
      const table: [object, string[]][] = [
        [{ action: 'device.removed' },              ['other 2']],
        [{ action: 'device.*' },                    ['other 2', 'other 1']],
        [{ action: 'device' },                      []],
        [{ actor: 'user:ana' },                     ['other 3', 'other 2']],
        [{ from: ago(2.5) },                        ['other 3', 'other 2']],
        [{ to: ago(2.5) },                          ['other 1']],
        [{ from: ago(2.5), to: ago(1.5) },          ['other 2']],
        [{ actor: 'user:ana', action: 'device.*' }, ['other 2']],
        [{ action: "x' OR true --" },               []],
      ];
      for (const [filter, rows] of table) expect([filter, await found(filter)]).toEqual([filter, [rows, rows]]);
    });

    it('as a chain, in pieces, without what is written meanwhile', async () => {
      await write(other, numbered(1034));
      const sizes: number[] = [];
      for await (const batch of reader.chain(other)) {
        sizes.push(batch.length);
        if (sizes.length === 1) await write(other, numbered(3));
      }
      expect(sizes.reduce((sum, size) => sum + size)).toBe(1034);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
      expect(await all(reader.chain(other, { action: 'device.approved', to: new Date(0).toISOString() }))).toEqual([]);
    });
  });

  describe('is verified', () => {
    const verify = (tenantId?: string) => new AuditVerification(reader).verify(tenantId);
    beforeEach(async () => {
      await write(HOUSE_TENANT, numbered(7));
      await write(other, numbered(610));
    });

    it('and found whole, as it was written', async () => {
      expect(await verify()).toEqual({ ok: true, tenants: 2, rows: 617, faultCount: 0, faults: [] });
      const [last] = await reader.page(other, {}, 1);
      const head = { seq: 610, hash: last!.hash };
      expect(await verify(other)).toEqual({ ok: true, tenants: 1, rows: 610, faultCount: 0, faults: [], head });
      expect(await verify(randomUUID())).toEqual({ ok: true, tenants: 1, rows: 0, faultCount: 0, faults: [] });
    });

    // prettier-ignore
    it.each([
      ['the actor',            `UPDATE audit_events SET actor = 'x:y' WHERE tenant_id = $1 AND seq = 600`,                          600, 'changed'],
      ['the target',           `UPDATE audit_events SET target = NULL WHERE tenant_id = $1 AND seq = 601`,                          601, 'changed'],
      ['the request',          `UPDATE audit_events SET request_id = 'x' WHERE tenant_id = $1 AND seq = 600`,                       600, 'changed'],
      ['the time',             `UPDATE audit_events SET at = at - interval '1 ms' WHERE tenant_id = $1 AND seq = 600`,              600, 'changed'],
      ['the time, by a hair',  `UPDATE audit_events SET at = at + interval '1 microsecond' WHERE tenant_id = $1 AND seq = 600`,     600, 'changed'],
      ['what stands inside',   `UPDATE audit_events SET detail = detail || '{"index": 0}' WHERE tenant_id = $1 AND seq = 600`,      600, 'changed'],
      ['the hash',             `UPDATE audit_events SET hash = repeat('a', 64) WHERE tenant_id = $1 AND seq = 600`,                 600, 'changed'],
      ['what it follows',      `UPDATE audit_events SET previous_hash = repeat('a', 64) WHERE tenant_id = $1 AND seq = 600`,        600, 'changed'],
      ['the first, not there', `DELETE FROM audit_events WHERE tenant_id = $1 AND seq = 1`,                                           1, 'missing'],
      ['one, not there',       `DELETE FROM audit_events WHERE tenant_id = $1 AND seq = 600`,                                       600, 'missing'],
      ['many, not there',      `DELETE FROM audit_events WHERE tenant_id = $1 AND seq BETWEEN 100 AND 590`,                         100, 'missing'],
      ['the last, not there',  `DELETE FROM audit_events WHERE tenant_id = $1 AND seq = 610`,                                       610, 'missing'],
      ['the end, not there',   `DELETE FROM audit_events WHERE tenant_id = $1 AND seq > 10`,                                         11, 'missing'],
      ['none there',           `DELETE FROM audit_events WHERE tenant_id = $1`,                                                       1, 'missing'],
      ['none noted as last',   `DELETE FROM audit_heads WHERE tenant_id = $1`,                                                        1, 'beyond'],
      ['another one noted',    `UPDATE audit_heads SET seq = 600 WHERE tenant_id = $1`,                                             601, 'beyond'],
      ['one from elsewhere',   `UPDATE audit_events SET tenant_id = '${HOUSE_TENANT}', seq = 8 WHERE tenant_id = $1 AND seq = 610`, 8, 'changed'],
      ['one at the end',       `INSERT INTO audit_events SELECT tenant_id, seq + 1, at, actor, action, target, request_id, detail, hash, hash
                                  FROM audit_events WHERE tenant_id = $1 AND seq = 610`,                                          611, 'changed'],
      ['one far away',         `INSERT INTO audit_events SELECT tenant_id, 9000000000000000, at, actor, action, target, request_id, detail, hash, hash
                                  FROM audit_events WHERE tenant_id = $1 AND seq = 610`,                                          611, 'missing'],
    ])('and shows a row whose place does not fit: %s', async (_what, sql, seq, fault) => {
      await database.query(sql, [other]);
      const { ok, faultCount, faults } = await verify();
      expect({ ok, first: faults[0] }).toMatchObject({ ok: false, first: { seq, fault } });
      expect(faultCount).toBeGreaterThan(0);
    });

    it('and shows a row that was made anew with its hash, by the one after it', async () => {
      const [, { hash, previousHash, ...row }] = (await all(reader.chain(other))) as [unknown, AuditRecord];
      const forged = linkOf(previousHash, { ...row, actor: 'somebody:else' });
      expect(hash).toBe(linkOf(previousHash, row));
      await database.query(
        `UPDATE audit_events SET actor = 'somebody:else', hash = $2 WHERE tenant_id = $1 AND seq = 2`,
        [other, forged],
      );
      expect((await verify(other)).faults).toEqual([{ tenantId: other, seq: 3, fault: 'unlinked' }]);
    });

    it('and shows the last row when that was made anew with its hash', async () => {
      const [{ hash: _, previousHash, ...row }] = (await reader.page(other, {}, 1)) as [AuditRecord];
      const forged = linkOf(previousHash, { ...row, actor: 'somebody:else' });
      await database.query(
        `UPDATE audit_events SET actor = 'somebody:else', hash = $2 WHERE tenant_id = $1 AND seq = 610`,
        [other, forged],
      );
      expect((await verify(other)).faults).toEqual([{ tenantId: other, seq: 610, fault: 'changed' }]);
    });

    it('and shows rows that were put behind the last one past what notes it', async () => {
      await database.query('ALTER TABLE audit_events DISABLE TRIGGER note_end');
      await write(other, numbered(2));
      await database.query('ALTER TABLE audit_events ENABLE TRIGGER note_end');
      expect((await verify(other)).faults).toEqual([{ tenantId: other, seq: 611, fault: 'beyond' }]);
    });

    it('and shows an end that was cut off after other rows were written, too: none takes the place of one that is gone', async () => {
      await database.query('DELETE FROM audit_events WHERE tenant_id = $1 AND seq > 600', [other]);
      await write(other, numbered(3));
      expect((await verify(other)).faults).toEqual([{ tenantId: other, seq: 601, fault: 'missing' }]);
      expect(seqs(await reader.page(other, {}, 1))).toEqual(['other 613']);
    });

    it('and goes on where nothing was noted of the end', async () => {
      await database.query('DELETE FROM audit_heads');
      await database.asTenant(other, (manager) =>
        addToChain([{ tenantId: other, actor: 'test:test', action: 'device.approved' }], manager),
      );
      expect((await verify(other)).rows).toBe(611);
    });

    it('and counts everything that is wrong, and names the first hundred', async () => {
      await database.query(`UPDATE audit_events SET actor = 'x:y' WHERE tenant_id = $1`, [other]);
      const { faultCount, faults } = await verify();
      expect(faultCount).toBe(610);
      expect(faults).toHaveLength(100);
    });

    it('once for all who ask meanwhile', async () => {
      const verification = new AuditVerification(reader);
      const [one, same] = [verification.verify(), verification.verify()];
      expect(same).toBe(one);
      expect(await same).toEqual(await one);
      const many = Array.from({ length: 12 }, () => verification.verify(randomUUID()));
      const outcomes = await Promise.allSettled(many);
      const turnedAway = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason);
      expect(turnedAway).toHaveLength(3);
      expect(turnedAway[0]).toBeInstanceOf(Unavailable);
    });
  });
});

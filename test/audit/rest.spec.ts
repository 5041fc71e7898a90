import { randomUUID } from 'node:crypto';
import { addToChain } from '../../src/audit/audit-chain.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { Database } from '../../src/storage/database.js';
import { bearer, HOUSE_TOKEN, type Reply, startGateway, type TestGateway } from '../helpers/gateway.js';
import { newPerson, newTenant, type Person } from '../helpers/tenants.js';
import { World } from '../helpers/world.js';

const PATH = '/api/v1/audit';
const config = { gateway: { auth: { token: HOUSE_TOKEN } } };

let gateway: TestGateway;
let world: World;
let admin: Person;
let tenantId: string;

beforeAll(async () => {
  gateway = await startGateway({ config, database: 'embedded' });
  world = new World(gateway);
});
afterAll(() => gateway.close());
beforeEach(async () => {
  tenantId = await newTenant(world);
  admin = await newPerson(world, tenantId, 'admin');
  await write(tenantId, 620);
});

/** Adds rows as the gateway does: every other one is of `test:a`. */
async function write(tenant: string, count: number): Promise<void> {
  const entries = Array.from({ length: count }, (_, index) => {
    const actor = index % 2 === 0 ? 'test:a' : 'test:b';
    return { tenantId: tenant, actor, action: index % 4 === 0 ? 'thing.made' : 'thing.changed', detail: { index } };
  });
  await world.get(Database).transaction((manager) => addToChain(entries, manager));
}

const house = (query = ''): Promise<Reply> => gateway.get(`${PATH}${query}`, bearer(HOUSE_TOKEN));
const asAdmin = (query = ''): Promise<Reply> => gateway.get(`${PATH}${query}`, admin.headers);
const rowsOf = (reply: Reply): Record<string, unknown>[] =>
  reply.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const tenantsIn = (rows: readonly Record<string, unknown>[]): unknown[] => [
  ...new Set(rows.map((row) => row['tenantId'])),
];
const count = async (where = 'true', parameters: unknown[] = []): Promise<number> =>
  Number((await world.rows(`SELECT count(*)::int AS n FROM audit_events WHERE ${where}`, parameters))[0]!['n']);

describe('GET /api/v1/audit', () => {
  it('shows the newest first, page by page, to the end', async () => {
    const seqs: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { status, body } = await asAdmin(`?limit=200${cursor && `&cursor=${cursor}`}`);
      expect(status).toBe(200);
      seqs.push(...(body.items as { seq: number }[]).map(({ seq }) => seq));
      cursor = body.nextCursor as string | null;
    }
    const all = await count('tenant_id = $1', [tenantId]);
    expect(seqs).toEqual(Array.from({ length: all }, (_, index) => all - index));
  });

  it('names who did what to what, when, and the hashes', async () => {
    const [row] = (await asAdmin('?limit=1')).body.items;
    expect(row).toEqual({
      tenantId,
      seq: expect.any(Number),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      actor: 'test:b',
      action: 'thing.changed',
      target: null,
      requestId: null,
      detail: { index: 619 },
      previousHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('filters', async () => {
    const of = async (query: string): Promise<Set<unknown>> =>
      new Set((await asAdmin(query)).body.items.map(({ action, actor }: never) => `${action} ${actor}`));
    expect(await of('?action=thing.made')).toEqual(new Set(['thing.made test:a']));
    expect(await of('?action=thing.*&actor=test:b')).toEqual(new Set(['thing.changed test:b']));
    expect(await of(`?to=2020-01-01T00:00:00Z`)).toEqual(new Set());
    expect(await of(`?from=${new Date(Date.now() + 86_400_000).toISOString()}`)).toEqual(new Set());
  });

  it('is of one tenant for its admin, and of all for the house, which may name one', async () => {
    await write(HOUSE_TENANT, 1);
    const another = await newTenant(world);
    await write(another, 1);

    expect(tenantsIn((await asAdmin('?limit=200')).body.items)).toEqual([tenantId]);
    expect(tenantsIn((await asAdmin(`?tenant=${tenantId}`)).body.items)).toEqual([tenantId]);
    expect(tenantsIn((await house('?limit=3')).body.items)).toEqual([another, HOUSE_TENANT, tenantId]);
    expect(tenantsIn((await house(`?tenant=${tenantId}`)).body.items)).toEqual([tenantId]);
    expect((await house(`?tenant=${randomUUID()}`)).body).toEqual({ items: [], nextCursor: null });
  });

  it.each([
    ['the list', ''],
    ['an export', '?format=ndjson'],
    ['a verification', '/verify'],
  ])('%s is for admins, of their own tenant', async (_what, path) => {
    const member = await newPerson(world, tenantId, 'member');
    const foreign = `${path}${path.includes('?') ? '&' : '?'}tenant=${HOUSE_TENANT}`;

    expect((await gateway.get(`${PATH}${path}`, { host: 'gateway.example.com' })).status).toBe(401);
    expect((await gateway.get(`${PATH}${path}`, member.headers)).status).toBe(403);
    expect((await asAdmin(foreign)).status).toBe(404);
  });

  it.each([
    ['action', 'action=Thing'],
    ['action', 'action=thing.*.made'],
    ['from', 'from=yesterday'],
    ['from', 'from=2026-13-01T00:00:00Z'],
    ['from', 'from=2026-02-30'],
    ['from', 'from=2026-11-21T08:00:00'],
    ['from', 'from=0000-01-01'],
    ['from', 'from=2026-11-21T08:00:00%2B16:00'],
    ['to', 'to=2026'],
    ['to', 'to=9999-12-31T23:59:59-01:00'],
    ['actor', 'actor=a%00b'],
    ['actor', 'actor='],
    ['limit', 'limit=201'],
    ['cursor', 'cursor=1'],
    ['cursor', `cursor=${HOUSE_TENANT}.0`],
    ['format', 'format=csv'],
    ['tenant', 'tenant=x'],
    ['actors', 'actors=x'],
  ])('names %s when it is wrong: %s', async (field, query) => {
    const { status, body } = await asAdmin(`?${query}`);
    expect(status).toBe(400);
    expect(body.error.fields).toMatchObject([{ path: field }]);
  });
});

describe('GET /api/v1/audit?format=ndjson', () => {
  it('is every row of the tenant in the order of its chain, and is written down', async () => {
    const reply = await asAdmin('?format=ndjson');
    const seqs = rowsOf(reply).map(({ seq }) => seq);

    expect(reply.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    expect(reply.headers['content-disposition']).toBe('attachment; filename="doorward-audit.ndjson"');
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1));
    expect(seqs.length).toBeGreaterThanOrEqual(620);
    expect(tenantsIn(rowsOf(reply))).toEqual([tenantId]);

    await world.get(AuditService).flush();
    const [last] = (await asAdmin('?action=audit.exported')).body.items;
    expect(last).toMatchObject({ actor: expect.stringContaining('gateway-token:'), detail: {} });
  });

  it('is of all tenants for the house, with filters', async () => {
    const reply = await house('?format=ndjson&action=thing.made');
    const all = await count(`action = 'thing.made'`);
    expect(rowsOf(reply)).toHaveLength(all);
    expect(tenantsIn(rowsOf(reply)).length).toBeGreaterThan(1);

    await world.get(AuditService).flush();
    const [last] = (await house(`?action=audit.exported&tenant=${HOUSE_TENANT}`)).body.items;
    expect(last).toMatchObject({ actor: 'loopback:loopback', detail: { action: 'thing.made', tenant: 'all' } });
  });

  it('may be of nothing', async () => {
    const { status, text } = await asAdmin('?format=ndjson&actor=nobody');
    expect([status, text]).toEqual([200, '']);
  });
});

describe('GET /api/v1/audit/verify', () => {
  it('finds the rows as they were written, and names the last', async () => {
    const [last] = (await asAdmin('?limit=1')).body.items;
    const { seq, hash } = last;
    expect((await asAdmin('/verify')).body).toEqual({
      ok: true,
      tenants: 1,
      rows: seq,
      faultCount: 0,
      faults: [],
      head: { seq, hash },
    });
  });

  it('shows what was changed, to its tenant and to the house', async () => {
    await world.rows(`UPDATE audit_events SET actor = 'nobody' WHERE tenant_id = $1 AND seq = 600`, [tenantId]);
    const found = { ok: false, faultCount: 1, faults: [{ tenantId, seq: 600, fault: 'changed' }] };

    expect((await asAdmin('/verify')).body).toMatchObject(found);
    expect((await house('/verify')).body).toMatchObject({ ...found, rows: await count() });
    expect((await house(`/verify?tenant=${tenantId}`)).body).toMatchObject(found);
    expect((await house(`/verify?tenant=${HOUSE_TENANT}`)).body).toMatchObject({ ok: true });
  });
});

it('is a 503 without its rows, before an export begins', async () => {
  const empty = await startGateway({ config });
  for (const path of ['', '?format=ndjson', '/verify']) {
    expect((await empty.get(`${PATH}${path}`, bearer(HOUSE_TOKEN))).status).toBe(503);
  }
  await empty.close();
});

import { randomUUID } from 'node:crypto';
import { hash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { stringify } from 'safe-stable-stringify';
import { AuditQueue } from '../../src/audit/audit-queue.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { Unavailable } from '../../src/kernel/errors.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { SILENT_LOG } from '../../src/kernel/log.js';
import type { Database } from '../../src/storage/database.js';
import { TestClock } from '../helpers/clock.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { preparedStateDir } from '../helpers/embedded.js';
import { until } from '../helpers/until.js';
import { ELSEWHERE, unknownToken, World } from '../helpers/world.js';
import { connected, NATIVE, WsClient } from '../helpers/ws-client.js';
import { closeAll, openDatabase } from '../storage/open.js';

interface Row {
  readonly seq: number;
  readonly action: string;
  readonly actor: string;
  readonly target: string | null;
  readonly requestId: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

const ROWS = `SELECT seq, action, actor, target, request_id AS "requestId", detail FROM audit_events
               WHERE tenant_id = $1 ORDER BY seq`;

const note = (tenantId: string, index = 0) => ({
  tenantId,
  actor: 'test:test',
  action: 'test.noted',
  detail: { index },
});

describe('what is noted', () => {
  let database: Database;
  let clock: TestClock;
  let audit: AuditService;
  let queue: AuditQueue;

  beforeAll(async () => {
    database = await openDatabase({}, { stateDir: await preparedStateDir() });
  });
  beforeEach(async () => {
    await database.query('DELETE FROM audit_events');
    await database.query('DELETE FROM audit_heads');
    clock = new TestClock();
    queue = new AuditQueue(database, clock, SILENT_LOG);
    audit = new AuditService(queue, clock);
  });
  afterAll(closeAll);

  const rows = (tenantId = HOUSE_TENANT): Promise<Row[]> => database.query<Row>(ROWS, [tenantId]);

  async function newTenant(): Promise<string> {
    const [made] = await database.query<{ id: string }>('INSERT INTO tenants (name) VALUES ($1) RETURNING id', [
      randomUUID(),
    ]);
    return made!.id;
  }

  it('is a row within a second, in order, each in its own tenant', async () => {
    const other = await newTenant();
    for (let index = 0; index < 1200; index += 1) audit.note(note(index % 3 === 0 ? other : HOUSE_TENANT, index));
    expect(await rows()).toEqual([]);

    clock.advance(1000);
    await queue.flush();

    expect((await rows()).map(({ detail }) => detail['index'])).toEqual(
      Array.from({ length: 1200 }, (_, index) => index).filter((index) => index % 3 !== 0),
    );
    expect(await rows(other)).toHaveLength(400);
  });

  it('is chained with what was appended', async () => {
    await database.transaction((manager) => audit.append(note(HOUSE_TENANT, 1), manager));
    audit.note(note(HOUSE_TENANT, 2));
    audit.note(note(HOUSE_TENANT, 3));
    await audit.flush();
    await database.transaction((manager) => audit.append(note(HOUSE_TENANT, 4), manager));

    const chain = await database.query<Record<string, unknown> & { at: Date; previous: string; hash: string }>(
      `SELECT tenant_id AS "tenantId", seq, at, actor, action, target, request_id AS "requestId", detail,
              previous_hash AS previous, hash FROM audit_events ORDER BY seq`,
    );
    let before = '0'.repeat(64);
    for (const { hash: link, previous, at, ...row } of chain) {
      expect(previous).toBe(before);
      expect(link).toBe(hash('sha256', `${before}\n${stringify({ ...row, at: at.toISOString() })}`, 'hex'));
      before = link;
    }
    expect(chain).toHaveLength(4);
  });

  it('says when it happened, not when it was written, by the clock of the database', async () => {
    audit.note(note(HOUSE_TENANT));
    clock.advance(200);
    await audit.flush();

    const [row] = await database.query<{ ago: number }>(
      `SELECT extract(epoch FROM now() - at)::float8 * 1000 AS ago FROM audit_events`,
    );
    expect(row!.ago).toBeGreaterThanOrEqual(200);
    expect(row!.ago).toBeLessThan(10_000);
  });

  it('is counted where there is no room for it, and the count is a row', async () => {
    for (let index = 0; index < 20_007; index += 1) audit.note(note(HOUSE_TENANT, index));
    await audit.flush();

    const all = await rows();
    expect(all[0]).toMatchObject({ action: 'audit.lost', actor: 'gateway', detail: { count: 7 } });
    expect(all).toHaveLength(20_001);
  }, 60_000);

  it('waits for a database that is away', async () => {
    let away = true;
    const flaky = Object.assign(Object.create(database) as Database, {
      asTenant: (...args: Parameters<Database['asTenant']>) =>
        away ? Promise.reject(new Unavailable('away')) : database.asTenant(...args),
    });
    const patient = new AuditService(new AuditQueue(flaky, clock, SILENT_LOG), clock);
    patient.note(note(HOUSE_TENANT, 1));
    patient.note(note(HOUSE_TENANT, 2));
    await patient.flush();
    away = false;
    expect(await rows()).toEqual([]);

    clock.advance(1000);
    await until('the rows are there', async () => (await rows()).length === 2);
    expect((await rows()).map(({ detail }) => detail['index'])).toEqual([1, 2]);
  });

  it('of a tenant that is no more holds nobody else up, and is counted', async () => {
    const gone = randomUUID();
    for (let index = 0; index < 3; index += 1) audit.note(note(gone, index));
    audit.note(note(HOUSE_TENANT));
    await audit.flush();

    expect(await rows()).toHaveLength(1);
    expect(audit.backlog).toEqual({ waiting: 0, lost: 3 });
  });

  it('and cannot be written takes no other row along, and is counted', async () => {
    for (let index = 0; index < 700; index += 1) {
      audit.note(index % 300 === 250 ? { ...note(HOUSE_TENANT), detail: { bad: 'a\0b' } } : note(HOUSE_TENANT, index));
    }
    await audit.flush();

    const all = await rows();
    const written = all.filter(({ action }) => action === 'test.noted').map(({ detail }) => detail['index']);
    expect(written).toEqual(Array.from({ length: 700 }, (_, index) => index).filter((index) => index % 300 !== 250));
    const lost = all.filter(({ action }) => action === 'audit.lost').map(({ detail }) => detail['count']);
    expect(lost.reduce((sum: number, count) => sum + Number(count), 0)).toBe(2);
    expect(audit.backlog).toEqual({ waiting: 0, lost: 2 });
  });

  it('often is a first row and the number of the others of the minute', async () => {
    const kind = (address: string) => ({ ...note(HOUSE_TENANT), target: address, requestId: 'r', detail: {} });
    const again = (address: string): void =>
      audit.noteOften(address, kind(address), { kind: 'all', entry: kind('many') });
    for (let times = 0; times < 500; times += 1) again('a');
    again('b');
    clock.advance(61_000);
    again('a');
    await audit.flush();

    expect((await rows()).map(({ target, requestId, detail }) => [target, requestId, detail['count']])).toEqual([
      ['a', 'r', 1],
      ['b', 'r', 1],
      ['a', null, 499],
      ['a', 'r', 1],
    ]);
  });

  it('often from ever new places is bounded all the same', async () => {
    const kind = (target: string) => ({ ...note(HOUSE_TENANT), target, detail: {} });
    for (let n = 0; n < 10_000; n += 1) audit.noteOften(`${n}`, kind(`${n}`), { kind: 'all', entry: kind('many') });
    await audit.flush();

    const all = await rows();
    expect(all.length).toBeLessThan(300);
    expect(all.reduce((sum, { detail }) => sum + (detail['count'] as number), 0)).toBe(10_000);
  });
});

describe('who comes to the door', () => {
  let gateway: TestGateway;
  let world: World;

  beforeAll(async () => {
    gateway = await startGateway({ config: { gateway: { auth: { token: HOUSE_TOKEN } } }, database: 'embedded' });
    world = new World(gateway);
  });
  afterAll(() => gateway.close());
  beforeEach(async () => {
    await world.forgive();
    await world.get(AuditService).flush();
    await world.rows('DELETE FROM audit_events');
  });

  async function written(tenantId = HOUSE_TENANT): Promise<Row[]> {
    await world.get(AuditService).flush();
    const rows = await world.rows<Row>(ROWS, [tenantId]);
    return rows.filter(({ action }) => /^(connection|access)\./.test(action));
  }

  it('a WebSocket that is let in is a row of its tenant, with its credential and never its value', async () => {
    const { token, id, userId, tenantId } = await world.tenantToken('member');
    const { client, hello } = await connected(gateway, NATIVE, { auth: { token } }, { headers: ELSEWHERE });
    client.close();

    const rows = await written(tenantId);
    expect(rows).toEqual([
      expect.objectContaining({
        action: 'connection.opened',
        actor: expect.stringMatching(/^gateway-token:/),
        target: 'address:127.0.0.1',
        requestId: hello.server.connId,
        detail: expect.objectContaining({ method: 'gateway-token', credential: `gateway-token:${id}`, userId }),
      }),
    ]);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('whoever comes again and again within a minute is two rows, the second with their number', async () => {
    const { token, tenantId } = await world.tenantToken('member');
    for (let times = 0; times < 5; times += 1) {
      const { client } = await connected(gateway, NATIVE, { auth: { token } }, { headers: ELSEWHERE });
      client.close();
    }

    expect((await written(tenantId)).map(({ action, detail }) => [action, detail.count])).toEqual([
      ['connection.opened', 1],
      ['connection.opened', 4],
    ]);
  });

  it('a refusal is a row of the house, and a hundred of them are two', async () => {
    const wrong = unknownToken();
    const first = await gateway.get('/api/v1/whoami', { ...ELSEWHERE, ...bearer(wrong) });
    for (let times = 1; times < 19; times += 1) {
      await gateway.get('/api/v1/whoami', { ...ELSEWHERE, ...bearer(unknownToken()) });
    }
    const rows = await written();

    expect(rows).toEqual([
      expect.objectContaining({
        action: 'access.refused',
        actor: 'stranger',
        target: 'address:127.0.0.1',
        requestId: first.headers['x-request-id'],
        detail: expect.objectContaining({ code: 'token_mismatch', count: 1 }),
      }),
      expect.objectContaining({ requestId: null, detail: expect.objectContaining({ count: 18 }) }),
    ]);
    expect(JSON.stringify(rows)).not.toContain(wrong);
  });

  it('whoever may not do what they came for is a row of their own tenant', async () => {
    const { token, tenantId } = await world.tenantToken('viewer');
    await gateway.get('/api/v1/tokens', { ...ELSEWHERE, ...bearer(token) });

    expect(await written(tenantId)).toEqual([
      expect.objectContaining({ action: 'access.refused', detail: expect.objectContaining({ code: 'missing_scope' }) }),
    ]);
  });

  it('a WebSocket that is refused is a row', async () => {
    const client = await WsClient.open(gateway, { headers: ELSEWHERE });
    await client.ask(NATIVE.call(1, 'connect', { auth: { token: unknownToken() } }));
    await client.closed;

    expect(await written()).toEqual([
      expect.objectContaining({
        action: 'access.refused',
        detail: expect.objectContaining({ code: 'token_mismatch', surface: 'websocket' }),
      }),
    ]);
  });

  it('what was noted is written before the gateway ends', async () => {
    const own = await startGateway({ config: { gateway: { auth: { token: HOUSE_TOKEN } } }, database: 'embedded' });
    await own.get('/api/v1/whoami', { ...ELSEWHERE, ...bearer(unknownToken()) });
    await own.close();
    const database = await openDatabase({}, { stateDir: own.stateDir });

    expect(await database.query<Row>(ROWS, [HOUSE_TENANT])).toEqual([
      expect.objectContaining({ action: 'access.refused' }),
    ]);
    await closeAll();
  });
});

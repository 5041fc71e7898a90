import { Ledger } from '../../src/chat/accounting/ledger.js';
import { UsageRetention } from '../../src/chat/accounting/usage-retention.js';
import { startGateway, type Reply, type TestGateway } from '../helpers/gateway.js';
import type { StandInOpenAi } from '../helpers/stand-in-openai.js';
import { newPerson, newTenant, type Person } from '../helpers/tenants.js';
import { until } from '../helpers/until.js';
import { World } from '../helpers/world.js';
import { chat, config, COST, house, provider } from './house.js';

let standIn: StandInOpenAi;
let gateway: TestGateway;
let world: World;
let admin: Person;
let ana: Person;
let bob: Person;

beforeAll(async () => {
  standIn = await provider();
  gateway = await startGateway({ config: config(standIn), database: 'embedded' });
  world = new World(gateway);
  const tenantId = await newTenant(world);
  admin = await newPerson(world, tenantId, 'admin');
  ana = await newPerson(world, tenantId, 'member');
  bob = await newPerson(world, tenantId, 'viewer');

  const { headers } = ana;
  await chat(gateway, { headers, session: 'agent:main:morning' });
  await chat(gateway, { headers, session: 'agent:main:morning' });
  await chat(gateway, { headers, model: 'stand/free' });
  await chat(gateway, { headers: admin.headers, model: 'openclaw/other' });
  await chat(gateway);
});
afterAll(async () => {
  await gateway.close();
  await standIn.close();
});

const usage = (query = '', headers = admin.headers): Promise<Reply> => gateway.get(`/api/v1/usage${query}`, headers);

const sums = (calls: number, unpricedCalls = 0) => ({
  calls,
  unpricedCalls,
  inputTokens: 10 * calls,
  cachedInputTokens: 0,
  outputTokens: 40 * calls,
  costUsd: expect.closeTo((calls - unpricedCalls) * COST, 9),
});

describe('usage', () => {
  it('is summed up by model, of this tenant alone', async () => {
    const { status, body } = await usage();
    expect(status).toBe(200);
    expect(body.items).toEqual([
      { model: 'stand/free', ...sums(1, 1) },
      { model: 'stand/priced', ...sums(3) },
    ]);
    expect(body.nextCursor).toBeNull();
    expect(new Date(body.to).getTime() - new Date(body.from).getTime()).toBe(30 * 86_400_000);
  });

  it('is told apart by whatever is asked for', async () => {
    const day = new Date(gateway.clock.now()).toISOString().slice(0, 10);
    const { body } = await usage('?groupBy=day,user,agent,session');
    const line = { day };
    const his = { user: admin.userId, email: admin.email, agent: 'other', session: '', ...sums(1) };
    const hers = { user: ana.userId, email: ana.email, agent: 'main' };
    const lines = [
      { ...line, ...his },
      { ...line, ...hers, session: '', ...sums(1, 1) },
      { ...line, ...hers, session: 'agent:main:morning', ...sums(2) },
    ];
    expect(body.items).toHaveLength(3);
    for (const one of lines) expect(body.items).toContainEqual(one);
  });

  it('comes as one sum where nothing is told apart', async () => {
    expect((await usage('?groupBy=')).body.items).toEqual([sums(4, 1)]);
  });

  it.each([
    ['user by address', () => `user=${ana.email}`, 3],
    ['user by id', () => `user=${ana.userId}`, 3],
    ['agent', () => 'agent=other', 1],
    ['session', () => 'session=agent:main:morning', 2],
    ['model', () => 'model=free', 1],
    ['model of a provider', () => 'model=stand/priced', 3],
    ['provider', () => 'provider=stand', 4],
    ['time', () => `to=${new Date(gateway.clock.now() - 7_200_000).toISOString()}`, 0],
    ['two of them', () => `user=${ana.email}&model=free`, 1],
  ])('of one %s', async (_, query, calls) => {
    expect((await usage(`?groupBy=&${query()}`)).body.items[0].calls).toBe(calls);
  });

  it('comes page by page', async () => {
    const first = await usage('?groupBy=user,session,model&limit=2');
    expect(first.body.items).toHaveLength(2);
    const second = await usage(`?groupBy=user,session,model&limit=2&cursor=${first.body.nextCursor}`);
    const all = await usage('?groupBy=user,session,model');
    expect([...first.body.items, ...second.body.items]).toEqual(all.body.items);
    expect(second.body.nextCursor).toBeNull();
  });

  it('of others is none of the business of who is no administrator', async () => {
    expect((await usage('?groupBy=', ana.headers)).body.items).toEqual([sums(3, 1)]);
    expect((await usage('', bob.headers)).body.items).toEqual([]);
    expect((await usage(`?user=${ana.email}`, bob.headers)).body.items).toEqual([]);
    expect((await usage('?groupBy=user', ana.headers)).body.items).toMatchObject([{ user: ana.userId }]);
  });

  it('of all tenants is for the house', async () => {
    expect((await usage('?groupBy=', house)).body.items).toEqual([sums(1)]);
    expect((await usage(`?groupBy=&tenant=${ana.tenantId}`, house)).body.items).toEqual([sums(4, 1)]);
    const { body } = await usage('?groupBy=tenant&tenant=all', house);
    expect(body.items.map(({ calls }: { calls: number }) => calls).sort()).toEqual([1, 4]);
    expect((await usage('?tenant=all')).status).toBe(404);
    expect((await usage('?tenant=all', ana.headers)).status).toBe(404);
  });

  it.each([
    ['?groupBy=colour', 'groupBy'],
    ['?groupBy=day,day', 'groupBy'],
    ['?from=yesterday', 'from'],
    ['?from=2026-11-21T08:00:00', 'from'],
    ['?from=%2B275760-09-13T00:00:00.000Z', 'from'],
    ['?to=9999-12-31T23:59:59-01:00', 'to'],
    ['?to=0000-01-01', 'to'],
    ['?user=a%00b', 'user'],
    ['?session=%00', 'session'],
    [`?model=${'x'.repeat(321)}`, 'model'],
    ['?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'from'],
    ['?cursor=x', 'cursor'],
    ['?cursor=WyJhIiwiYiJd', 'cursor'],
    ['?cursor=WyJcdTAwMDAiXQ', 'cursor'],
    ['?limit=1001', 'limit'],
    ['?tenant=mine', 'tenant'],
  ])('%s is refused: %s', async (query, field) => {
    const { status, body } = await usage(query);
    expect([status, body.error.fields?.[0].path]).toEqual([400, field]);
  });

  it.each(['?to=1000-01-01', '?from=2026-01-01T00:00:00%2B15:59&to=9999-12-31T23:59:59.999Z'])(
    'can be asked for as far as there are moments: %s',
    async (query) => {
      expect((await usage(query)).status).toBe(200);
    },
  );

  it('takes whatever callers call their sessions and models', async () => {
    const nasty = ['🦞'.repeat(300), 'half \ud83e', 'NUL \0 inside', `"; drop table model_usage; --`, 'x'.repeat(5000)];
    const ledger = world.get(Ledger);
    const source = { tenantId: ana.tenantId, user: '🦞'.repeat(300), device: '', agent: 'nasty', provider: 'stand' };
    for (const name of nasty)
      ledger.add({ ...source, session: name, model: name }, { input: 1, output: 0, cachedInput: 0 });
    expect((await usage('?agent=nasty&groupBy=session')).body.items).toHaveLength(nasty.length);
    expect(ledger.size).toBe(0);
  });

  it('of a tenant that is gone keeps nobody else’s from the books', async () => {
    const ledger = world.get(Ledger);
    const source = { user: '', device: '', agent: 'rest', session: '', provider: 'stand', model: 'm' };
    const one = { input: 1, output: 0, cachedInput: 0 };
    ledger.add({ ...source, tenantId: '7d1f0a52-5d4b-4b6e-9d8e-0c1f2a3b4c5e' }, one);
    ledger.add({ ...source, tenantId: 'no uuid' }, one);
    ledger.add({ ...source, tenantId: ana.tenantId }, one);
    expect((await usage('?agent=rest&groupBy=')).body.items[0].calls).toBe(1);
    expect(ledger.size).toBe(0);
  });

  it('is kept as long as the configuration says, and through the running month in any case', async () => {
    const { tenantId } = await newPerson(world, await newTenant(world), 'member');
    const month = `date_trunc('month', now(), 'UTC')`;
    const lines = { old: `now() - interval '401 days'`, rather: `now() - interval '399 days'` };
    const edges = { before: `${month} - interval '2 days'`, within: month };
    for (const [agent, hour] of Object.entries({ ...lines, ...edges })) {
      await world.rows(
        `INSERT INTO model_usage (tenant_id, hour, user_key, device_id, agent, session_key, provider, model,
                                  calls, unpriced, input_tokens, cached_tokens, output_tokens, cost)
         VALUES ($1, ${hour}, '', '', $2, '', 'stand', 'm', 1, 0, 1, 0, 1, 0)`,
        [tenantId, agent],
      );
    }
    const left = async (): Promise<string[]> => {
      const sql = 'SELECT agent FROM model_usage WHERE tenant_id = $1 ORDER BY hour';
      return (await world.rows<{ agent: string }>(sql, [tenantId])).map(({ agent }) => agent);
    };
    const lookAt = async (retentionDays?: number): Promise<number> => {
      const { models, ...rest } = config(standIn) as { models: object };
      const kept = retentionDays === undefined ? {} : { usage: { retentionDays } };
      await world.configure({ ...rest, models: { ...models, ...kept } });
      return world.get(UsageRetention).look();
    };

    expect([await lookAt(0), await left()]).toEqual([0, ['old', 'rather', 'before', 'within']]);
    expect([await lookAt(), await left()]).toEqual([1, ['rather', 'before', 'within']]);
    expect([await lookAt(1), await left()]).toEqual([2, ['within']]);
    await lookAt();

    await world.rows(`UPDATE model_usage SET hour = now() - interval '401 days' WHERE tenant_id = $1`, [tenantId]);
    gateway.clock.advance(3_600_000);
    await until('the hourly look', async () => (await left()).length === 0);
  });

  it('survives a stop', async () => {
    const other = await startGateway({ config: config(standIn), database: 'embedded' });
    await chat(other);
    await other.close();
    const again = await startGateway({ config: config(standIn), database: 'embedded', stateDir: other.stateDir });
    const { body } = await again.get('/api/v1/usage', house);
    expect(body.items).toMatchObject([{ calls: 1 }]);
    await again.close();
  });

  it('is no reason to wait for a database that is turned off', async () => {
    const other = await startGateway({ config: config(standIn) });
    expect((await chat(other)).status).toBe(200);
    expect((await other.get('/api/v1/usage', house)).status).toBe(503);
    expect((await other.get('/api/v1/budgets', house)).status).toBe(503);
    await other.close();
  });
});

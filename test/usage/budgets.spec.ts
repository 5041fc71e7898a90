import { RateLimitError } from 'openai';
import { AuditService } from '../../src/audit/audit.service.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { type Reply, startGateway, type TestGateway } from '../helpers/gateway.js';
import { openAiCompletion, type StandInOpenAi } from '../helpers/stand-in-openai.js';
import { auditOf, newPerson, newTenant, type Person } from '../helpers/tenants.js';
import { Scrape } from '../metrics/scrape.js';
import { until } from '../helpers/until.js';
import { ELSEWHERE, World } from '../helpers/world.js';
import { sdk } from '../chat/model-api.js';
import { Talker } from '../chat/talker.js';
import { NATIVE } from '../helpers/ws-client.js';
import { chat, config, COST, house, provider, set, TOKENS, USED } from './house.js';

let standIn: StandInOpenAi;
let gateway: TestGateway;
let world: World;
let tenantId: string;
let admin: Person;
let ana: Person;
let bob: Person;

beforeAll(async () => {
  standIn = await provider();
  gateway = await startGateway({ config: config(standIn), database: 'embedded' });
  world = new World(gateway);
});
afterAll(async () => {
  await gateway.close();
  await standIn.close();
});

beforeEach(async () => {
  tenantId = await newTenant(world);
  admin = await newPerson(world, tenantId, 'admin');
  ana = await newPerson(world, tenantId, 'member');
  bob = await newPerson(world, tenantId, 'member');
});
afterEach(() => world.rows('DELETE FROM budgets'));

const get = (key: string, headers = admin.headers): Promise<Reply> =>
  gateway.get(`/api/v1/budgets/${encodeURIComponent(key)}`, headers);
const remove = (key: string, headers = admin.headers): Promise<Reply> =>
  gateway.call(`/api/v1/budgets/${encodeURIComponent(key)}`, { method: 'DELETE', headers });

/** How many of so many calls, one after the other, were answered. */
async function answered(person: Person, times: number): Promise<number> {
  let count = 0;
  for (let n = 0; n < times; n++) if ((await chat(gateway, { headers: person.headers })).status === 200) count += 1;
  return count;
}

describe('a budget', () => {
  it('is set by its name, changed, read by name or id, listed, and taken away; each change is a row of the audit', async () => {
    const key = `user:${ana.email}:day`;
    const made = await set(gateway, key, { usd: 2.5, tokens: 1000 }, admin.headers);
    expect(made.status).toBe(200);
    expect(made.body).toMatchObject({
      key,
      tenantId,
      scope: 'user',
      subject: ana.userId,
      name: ana.email,
      period: 'day',
      limit: { usd: 2.5, tokens: 1000 },
      spent: { usd: 0, tokens: 0 },
      reserved: { usd: 0, tokens: 0 },
      remaining: { usd: 2.5, tokens: 1000 },
    });
    expect(new Date(made.body.endsAt).getTime() - new Date(made.body.startedAt).getTime()).toBe(86_400_000);

    const changed = await set(gateway, made.body.id, { tokens: 5 }, admin.headers);
    expect(changed.body).toMatchObject({ id: made.body.id, limit: { usd: null, tokens: 5 } });
    expect((await get(`user:${ana.userId}:day`)).body).toEqual(changed.body);
    const list = await gateway.get('/api/v1/budgets', admin.headers);
    expect(list.body).toEqual({ items: [changed.body], nextCursor: null });

    expect((await remove(key)).status).toBe(204);
    expect((await remove(key)).status).toBe(404);
    expect((await get(made.body.id)).status).toBe(404);
    const rows = (await auditOf(world, tenantId)).filter(({ action }) => action.startsWith('budget.'));
    expect(rows.map(({ action, target }) => [action, target])).toEqual([
      ['budget.created', `budget:${made.body.id}`],
      ['budget.changed', `budget:${made.body.id}`],
      ['budget.removed', `budget:${made.body.id}`],
    ]);
  });

  it('is listed page by page', async () => {
    for (const period of ['day', 'month', 'total'])
      await set(gateway, `agent:main:${period}`, { usd: 1 }, admin.headers);
    const first = await gateway.get('/api/v1/budgets?limit=2', admin.headers);
    const second = await gateway.get(`/api/v1/budgets?limit=2&cursor=${first.body.nextCursor}`, admin.headers);
    const keys = [...first.body.items, ...second.body.items].map(({ key }: { key: string }) => key);
    expect(keys).toEqual(['agent:main:total', 'agent:main:month', 'agent:main:day']);
    expect(second.body.nextCursor).toBeNull();
  });

  it.each([
    ['user:ana@example.com:week', { usd: 1 }, 400, 'budget'],
    ['agent:main:day', {}, 400, 'usd'],
    ['agent:main:day', { usd: -1 }, 400, 'usd'],
    ['agent:main:day', { usd: 1_000_001 }, 400, 'usd'],
    ['agent:main:day', { usd: 1e-13 }, 400, 'usd'],
    ['agent:main:day', { usd: 1.5e-9 }, 400, 'usd'],
    ['agent:main:day', { tokens: 1.5 }, 400, 'tokens'],
    ['agent:main:day', { usd: '1' }, 400, 'usd'],
    ['agent:nobody:day', { usd: 1 }, 404, undefined],
    ['agent:a\0b:day', { usd: 1 }, 400, 'budget'],
    ['user:nobody@example.com:day', { usd: 1 }, 404, undefined],
    ['tenant:7d1f0a52-5d4b-4b6e-9d8e-0c1f2a3b4c5e:day', { usd: 1 }, 404, undefined],
  ])('%s with %j is refused: %i', async (key, body, status, field) => {
    const reply = await set(gateway, key, body, admin.headers);
    expect([reply.status, reply.body.error.fields?.[0].path]).toEqual([status, field]);
    expect((await gateway.get('/api/v1/budgets', admin.headers)).body.items).toEqual([]);
  });

  it('of an agent that is closed to the tenant is that of one that is not there', async () => {
    const closed = await set(gateway, 'agent:own:day', { usd: 1 }, admin.headers);
    const missing = await set(gateway, 'agent:nobody:day', { usd: 1 }, admin.headers);
    const said = ({ status, body: { error } }: Reply): unknown => [status, { ...error, requestId: '' }];
    expect(said(closed)).toEqual(said(missing));
    expect(closed.status).toBe(404);
    expect((await get('agent:own:day')).body.error.message).toBe((await get('agent:nobody:day')).body.error.message);
    expect((await set(gateway, 'agent:own:day', { usd: 1 })).status).toBe(200);
  });

  it('is found by whatever name it can be set by, and as it is listed', async () => {
    const made = await set(gateway, 'agent:MAIN:day', { usd: 1 }, admin.headers);
    expect(made.body.key).toBe('agent:main:day');
    expect((await get('agent:Main:day')).body.id).toBe(made.body.id);
    const own = await set(gateway, `user:${ana.email.toUpperCase()}:day`, { usd: 1 }, admin.headers);
    expect((await get(`user:${ana.userId.toUpperCase()}:day`)).body.id).toBe(own.body.id);
  });

  it('of somebody who was removed can be read and taken away, not set', async () => {
    const key = `user:${ana.userId}:day`;
    const { body } = await set(gateway, key, { usd: 1 }, admin.headers);
    expect(
      (await gateway.call(`/api/v1/users/${ana.userId}`, { method: 'DELETE', headers: admin.headers })).status,
    ).toBe(204);
    const [listed] = (await gateway.get('/api/v1/budgets', admin.headers)).body.items;
    expect((await get(listed.key)).body.id).toBe(body.id);
    expect((await set(gateway, key, { usd: 2 }, admin.headers)).status).toBe(404);
    expect((await remove(key)).status).toBe(204);
    expect((await gateway.get('/api/v1/budgets', admin.headers)).body.items).toEqual([]);
  });

  it('of a tenant is set by the house alone, and seen by the tenant', async () => {
    expect((await set(gateway, 'tenant:self:month', { usd: 9 }, admin.headers)).body.error.code).toBe('missing_scope');
    const there = `?tenant=${tenantId}`;
    const path = `/api/v1/budgets/${encodeURIComponent(`tenant:self:month`)}${there}`;
    const made = await gateway.call(path, { method: 'PUT', headers: house, body: { usd: 9 } });
    expect(made.body).toMatchObject({ key: `tenant:${tenantId}:month`, tenantId });
    expect((await get('tenant:self:month')).body.id).toBe(made.body.id);
    expect((await set(gateway, made.body.id, { usd: 99 }, admin.headers)).body.error.code).toBe('missing_scope');
    expect((await remove(made.body.id)).body.error.code).toBe('missing_scope');
    expect((await gateway.get('/api/v1/budgets?tenant=all', house)).body.items).toHaveLength(1);
    expect((await gateway.get('/api/v1/budgets?tenant=all', admin.headers)).status).toBe(404);
    expect((await gateway.get(`/api/v1/budgets${there}`, house)).body.items).toHaveLength(1);
    expect((await gateway.get('/api/v1/budgets', house)).body.items).toEqual([]);
  });

  it('is nobody else’s business: members neither see nor set any', async () => {
    expect((await gateway.get('/api/v1/budgets', ana.headers)).status).toBe(403);
    expect((await set(gateway, `user:${ana.email}:day`, { usd: 100 }, ana.headers)).status).toBe(403);
  });
});

describe('calls are held against', () => {
  it('tokens: what one did not use the next one has, and then it is over', async () => {
    const key = `user:${ana.email}:day`;
    await set(gateway, key, { tokens: 8 * TOKENS }, admin.headers);
    expect(await answered(ana, 12)).toBeGreaterThanOrEqual(6);
    expect(await answered(ana, 1)).toBe(0);
    expect(await answered(bob, 1)).toBe(1);

    const { body } = await settled(key);
    expect(body.spent.tokens).toBeLessThanOrEqual(8 * TOKENS);
    expect(body.spent.tokens % TOKENS).toBe(0);
    expect(body.reserved.tokens).toBe(0);
  });

  it('tokens: one caller after the other has all that fits, though each sets more aside than it uses', async () => {
    await set(gateway, `user:${ana.email}:day`, { tokens: 600 }, admin.headers);
    const replies: Reply[] = [];
    do replies.push(await chat(gateway, { headers: ana.headers, max: 200 }));
    while (replies.at(-1)!.status === 200);
    const { message } = replies.at(-1)!.body.error;
    const [, left, need] = /is used up: .* (\d+) left, and this call may take (\d+)$/.exec(message)!.map(Number);
    expect(left).toBe(600 - (replies.length - 1) * TOKENS);
    expect(left).toBeLessThan(need!);
  });

  it('money', async () => {
    const key = `user:${ana.email}:total`;
    await set(gateway, key, { usd: 0.001 }, admin.headers);
    const count = await answered(ana, 20);
    const { body } = await settled(key);
    expect(body.spent.usd).toBeCloseTo(count * COST, 9);
    expect(body.spent.usd).toBeLessThanOrEqual(0.001);
    expect(count).toBeGreaterThan(5);
    expect(body).toMatchObject({ startedAt: null, endsAt: null });
  });

  it('what a model may think on top of the bound that a call sets, however the call says it', async () => {
    await set(gateway, `user:${ana.email}:day`, { tokens: 1000 }, admin.headers);
    const bounded = { model: 'thinker/priced', max_tokens: 40, messages: [{ role: 'user', content: 'Is it?' }] };
    const ask = async (path: string, body: object): Promise<[number, string]> => {
      const reply = await gateway.call(`/v1/${path}`, { method: 'POST', headers: ana.headers, body });
      return [reply.status, reply.body.error.code];
    };

    const refused = [429, 'insufficient_quota'];
    expect(await ask('chat/completions', { ...bounded, reasoning_effort: 'low' })).toEqual(refused);
    const response = { model: 'thinker/priced', max_output_tokens: 40, input: 'Is it?', reasoning: { effort: 'low' } };
    expect(await ask('responses', response)).toEqual(refused);
    // The stand-in is no Anthropic: whoever gets through to it gets no answer.
    expect((await ask('chat/completions', bounded))[0]).toBe(502);
  });

  it('each one that concerns them: the tightest decides, and the others lose nothing by it', async () => {
    await set(gateway, 'agent:main:day', { tokens: 1_000_000 }, admin.headers);
    await set(gateway, `user:${ana.email}:month`, { tokens: 0 }, admin.headers);
    const refused = await chat(gateway, { headers: ana.headers });
    expect(refused.body.error.message).toContain(`user:${ana.email}:month`);
    expect((await settled('agent:main:day')).body).toMatchObject({ spent: { tokens: 0 }, reserved: { tokens: 0 } });
  });

  it('the refusal names the budget, says how much is left and when it begins anew, and that trying again is in vain', async () => {
    await set(gateway, `user:${ana.email}:day`, { tokens: 20 }, admin.headers);
    const { status, headers, body } = await chat(gateway, { headers: ana.headers });
    expect(status).toBe(429);
    expect(body.error).toMatchObject({ type: 'insufficient_quota', code: 'insufficient_quota' });
    expect(body.error.message).toMatch(
      new RegExp(
        `^the budget user:${ana.email}:day is used up: 20 tokens per day \\(UTC\\), 20 left, and this call may take \\d+$`,
      ),
    );
    expect(headers['x-should-retry']).toBe('false');
    const untilMidnight = 86_400 - ((Date.now() / 1000) % 86_400);
    expect(Number(headers['retry-after'])).toBeGreaterThan(untilMidnight - 60);
    expect(Number(headers['retry-after'])).toBeLessThan(untilMidnight + 60);
  });

  it('what only waits for another call is worth trying again, and says so', async () => {
    await set(gateway, `user:${ana.email}:day`, { tokens: 2 * TOKENS }, admin.headers);
    let release = (): void => undefined;
    const before = new Promise<void>((resolve) => (release = resolve));
    standIn.once({ before, body: openAiCompletion('Yes.', 'priced', USED) });
    const asked = standIn.asked.length;
    const first = chat(gateway, { headers: ana.headers });
    await until('it to be asked', () => standIn.asked.length > asked);
    const { status, headers, body } = await chat(gateway, { headers: ana.headers });
    release();
    expect([status, body.error.code]).toEqual([429, 'insufficient_quota']);
    expect(body.error.message).toMatch(new RegExp(`^the budget user:${ana.email}:day is reserved for other calls: `));
    expect([headers['x-should-retry'], headers['retry-after']]).toEqual(['true', '1']);
    expect((await first).status).toBe(200);
  });

  it('the SDK of OpenAI reads it as its own, and does not try again', async () => {
    await set(gateway, `user:${ana.email}:day`, { tokens: 1 }, admin.headers);
    const series = 'doorward_budget_refusals_total{scope="user",period="day"}';
    const before = (await Scrape.of(gateway)).soFar(series);
    const client = sdk(gateway, ana.token, { maxRetries: 3 });
    const asked = client.chat.completions.create({
      model: 'openclaw',
      messages: [{ role: 'user', content: 'Is it?' }],
    });
    await expect(asked).rejects.toBeInstanceOf(RateLimitError);
    await expect(asked).rejects.toMatchObject({ status: 429, code: 'insufficient_quota', type: 'insufficient_quota' });
    expect((await Scrape.of(gateway)).value(series) - before).toBe(1);
  });

  it('also over WebSocket: a message that a budget has no room for ends as an error that names it', async () => {
    await set(gateway, `user:${ana.email}:day`, { tokens: 1 }, admin.headers);
    const talker = await Talker.at(gateway, NATIVE, ana.token, { headers: ELSEWHERE });
    const runId = 'too-much';
    await talker.ask('chat.send', { sessionKey: 'main', message: 'Is it?', idempotencyKey: runId });
    expect(await talker.end(runId)).toMatchObject({
      state: 'error',
      errorMessage: expect.stringContaining(`the budget user:${ana.email}:day is used up`),
    });
    talker.close();
  });

  it('the longest answer that anybody can ask for: refused, and the next call goes through', async () => {
    const key = `user:${ana.email}:day`;
    await set(gateway, key, { usd: 1_000_000, tokens: 1_000_000 }, admin.headers);
    const most = Number.MAX_SAFE_INTEGER;
    const body = { model: 'openclaw', max_tokens: most, n: most, messages: [{ role: 'user', content: 'Is it?' }] };
    const asked = { method: 'POST', headers: ana.headers, body };
    const refused = await gateway.call('/v1/chat/completions', asked);
    expect([refused.status, refused.body.error.code]).toEqual([429, 'insufficient_quota']);
    expect(await answered(ana, 2)).toBe(2);
    expect((await settled(key)).body.spent).toEqual({ usd: 2 * COST, tokens: 2 * TOKENS });
  });

  it('an agent, in this tenant alone, where the tenant says so', async () => {
    await set(gateway, 'agent:main:day', { tokens: 0 }, admin.headers);
    expect((await chat(gateway, { headers: ana.headers })).status).toBe(429);
    expect((await chat(gateway, { headers: ana.headers, model: 'openclaw/other' })).status).toBe(200);
    expect((await chat(gateway)).status).toBe(200);
  });

  it('an agent, in all tenants, where the house says so; how large it is is not told to others', async () => {
    await set(gateway, 'agent:main:day', { tokens: 0 });
    expect((await chat(gateway)).body.error.message).toContain('0 tokens per day');
    const refused = await chat(gateway, { headers: ana.headers });
    expect(refused.body.error.message).toBe('the budget agent:main:day is used up');
  });

  it('the whole tenant', async () => {
    const path = `/api/v1/budgets/${encodeURIComponent('tenant:self:day')}?tenant=${tenantId}`;
    await gateway.call(path, { method: 'PUT', headers: house, body: { tokens: 0 } });
    expect((await chat(gateway, { headers: ana.headers })).status).toBe(429);
    expect((await chat(gateway, { headers: bob.headers })).status).toBe(429);
    expect((await chat(gateway)).status).toBe(200);
  });

  it('a changed budget at once: more, less, none', async () => {
    const key = `user:${ana.email}:day`;
    await set(gateway, key, { tokens: 0 }, admin.headers);
    expect(await answered(ana, 1)).toBe(0);
    await set(gateway, key, { tokens: 100_000 }, admin.headers);
    expect(await answered(ana, 3)).toBe(3);
    await set(gateway, key, { tokens: 10 }, admin.headers);
    expect(await answered(ana, 2)).toBe(0);
    await remove(key);
    expect(await answered(ana, 2)).toBe(2);
  });

  it('what was used in the period before the budget was set', async () => {
    expect(await answered(ana, 3)).toBe(3);
    const { body } = await set(gateway, `user:${ana.email}:month`, { tokens: 3 * TOKENS }, admin.headers);
    expect(body.spent).toEqual({ usd: 3 * COST, tokens: 3 * TOKENS });
    expect(await answered(ana, 1)).toBe(0);
    const whole = await set(gateway, `user:${ana.email}:total`, { tokens: 1 }, admin.headers);
    expect(whole.body.spent.tokens).toBe(0);
  });

  it('and each refusal is counted, and in the audit once a minute', async () => {
    await set(gateway, `user:${ana.email}:day`, { tokens: 0 }, admin.headers);
    const series = 'doorward_budget_refusals_total{scope="user",period="day"}';
    const before = (await Scrape.of(gateway)).soFar(series);
    expect(await answered(ana, 5)).toBe(0);
    const scrape = await Scrape.of(gateway);
    expect(scrape.value(series) - before).toBe(5);
    expect(scrape.text).toMatch(/^doorward_budget_reserved\{unit="tokens"\} \d+$/m);
    expect(scrape.value('doorward_usage_waiting_lines')).toBeGreaterThanOrEqual(0);
    await world.get(AuditService).flush();
    const rows = (await auditOf(world, tenantId)).filter(({ action }) => action === 'budget.refused');
    expect(rows.map(({ actor }) => actor)).toEqual([`gateway-token:${ana.userId}`, `gateway-token:${ana.userId}`]);
  });

  it('a failed call takes nothing', async () => {
    const key = `user:${ana.email}:day`;
    await set(gateway, key, { tokens: 1000 }, admin.headers);
    standIn.once({ status: 400, body: { error: { message: 'no', type: 'invalid_request_error', code: null } } });
    expect((await chat(gateway, { headers: ana.headers })).status).toBe(400);
    expect((await settled(key)).body).toMatchObject({ spent: { tokens: 0 }, reserved: { tokens: 0 } });
  });

  it('64 clients at once never overspend, and use nearly all of it', async () => {
    const key = `user:${ana.email}:day`;
    const limit = 200 * TOKENS;
    await set(gateway, key, { tokens: limit }, admin.headers);
    let count = 0;
    const client = async (): Promise<void> => {
      for (let n = 0; n < 6; n++) if ((await chat(gateway, { headers: ana.headers })).status === 200) count += 1;
    };
    await Promise.all(Array.from({ length: 64 }, client));
    const { body } = await settled(key);
    expect(body.spent.tokens).toBe(count * TOKENS);
    expect(body.spent.tokens).toBeLessThanOrEqual(limit);
    expect(body.spent.tokens).toBeGreaterThan(limit / 2);
  }, 60_000);

  it('a period that is over is forgotten', async () => {
    const key = `user:${ana.email}:day`;
    await set(gateway, key, { tokens: 3 * TOKENS }, admin.headers);
    expect(await answered(ana, 5)).toBeGreaterThan(0);
    await settled(key);
    await world.rows(`UPDATE budgets SET window_start = window_start - interval '1 day'`);
    await world.rows(`UPDATE budget_leases SET window_start = window_start - interval '1 day'`);
    expect((await get(key)).body).toMatchObject({ spent: { tokens: 0 }, remaining: { tokens: 3 * TOKENS } });
    gateway.clock.advance(101);
    expect(await answered(ana, 1)).toBe(1);
  });
});

/** Two reports later: everything is said, and nothing is held that nobody uses. */
async function settled(key: string): Promise<Reply> {
  for (let n = 0; n < 2; n++) {
    gateway.clock.advance(1000);
    await gateway.get('/api/v1/usage', admin.headers); // which waits for the books to be written
  }
  return get(key);
}

it('the house’s own calls count for the house', async () => {
  await set(gateway, 'tenant:self:day', { tokens: 1_000_000 });
  await chat(gateway);
  await settled('tenant:self:day');
  const { body } = await get('tenant:self:day', house);
  expect(body).toMatchObject({ tenantId: HOUSE_TENANT });
  expect(body.spent.tokens).toBeGreaterThanOrEqual(TOKENS);
});

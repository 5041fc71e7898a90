import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { newPerson, newTenant } from '../helpers/tenants.js';
import { until } from '../helpers/until.js';
import { World } from '../helpers/world.js';
import { connected, DIALECTS } from '../helpers/ws-client.js';
import { Scrape } from './scrape.js';

const REMOTE = { host: 'gateway.example.com' };

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  const config = { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny', rateLimit: { maxAttempts: 3 } } } };
  gateway = await startGateway({ config, database: 'embedded' });
  world = new World(gateway);
});
afterAll(() => gateway.close());
afterEach(() => world.forgive());

/** By how much a series grew while something happened. */
async function growth(series: string, happening: () => Promise<unknown>): Promise<number> {
  const before = await Scrape.of(gateway);
  await happening();
  return (await Scrape.of(gateway)).value(series) - before.soFar(series);
}

describe('who may read the metrics', () => {
  it('S201: strangers learn nothing of them', async () => {
    const { status, text } = await gateway.get('/metrics', REMOTE);
    expect(status).toBe(401);
    expect(text).not.toContain('doorward_');
  });

  it.each([
    ['owner', 403],
    ['viewer', 403],
  ] as const)('the %s of another tenant is answered with %i: they are of the whole house', async (role, status) => {
    const person = await newPerson(world, await newTenant(world), role);
    expect((await gateway.get('/metrics', person.headers)).status).toBe(status);
  });

  it('somebody of the house who may read is given the text format', async () => {
    const { token } = await gateway.gatewayToken({ role: 'viewer', email: 'scraper@example.com' });
    const { status, headers, text } = await gateway.get('/metrics', { ...REMOTE, ...bearer(token) });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toContain('# TYPE doorward_auth_decisions_total counter');
    expect(text).toContain('process_cpu_seconds_total');
  });
});

describe('what is counted', () => {
  const wrong = () => gateway.get('/api/v1/whoami', { ...REMOTE, ...bearer('wrong') });

  it.each([
    ['a good token', 'method="token",outcome="ok"', () => gateway.get('/api/v1/whoami', bearer(HOUSE_TOKEN)), 2],
    ['a wrong one', 'method="token",outcome="token_mismatch"', wrong, 1],
    ['none', 'method="none",outcome="token_missing"', () => gateway.get('/api/v1/whoami', REMOTE), 1],
  ])('%s, as a decision', async (_what, labels, happening, by) => {
    // The scrape before is counted when it was judged; the second one comes with a good token as well.
    expect(await growth(`doorward_auth_decisions_total{surface="http",${labels}}`, happening)).toBe(by);
  });

  it('an address that is locked', async () => {
    const shown = { ...REMOTE, ...bearer('wrong') };
    const locked = async () => {
      for (let i = 0; i < 5; i += 1) await gateway.call('/api/v1/whoami', { headers: shown, from: '127.0.0.3' });
    };
    const before = await Scrape.of(gateway);
    await locked();
    const after = await Scrape.of(gateway);
    const grown = (series: string) => after.value(series) - before.soFar(series);
    expect(grown('doorward_auth_lockouts_total')).toBe(1);
    expect(grown('doorward_auth_decisions_total{surface="http",method="none",outcome="rate_limited"}')).toBe(2);
  });

  it('answers by the template of their route, never by the address that was asked', async () => {
    const id = '7b0a0a6e-5a3f-4d5d-9d9e-0d5c8a2a1f00';
    const series = 'doorward_http_requests_total{method="GET",route="/api/v1/auth/decisions/:requestId",status="4xx"}';
    expect(await growth(series, () => gateway.get(`/api/v1/auth/decisions/${id}`, bearer(HOUSE_TOKEN)))).toBe(1);
    expect((await Scrape.of(gateway)).text).not.toContain(id);
  });

  it('addresses that nothing stands for, as one', async () => {
    const series = 'doorward_http_requests_total{method="other",route="unknown",status="4xx"}';
    expect(await growth(series, () => gateway.get('/no/such/place/4711'))).toBe(1);
    expect((await Scrape.of(gateway)).text).not.toContain('4711');
  });

  it('what the door refused', async () => {
    const series = 'doorward_http_requests_total{method="GET",route="/api/v1/whoami",status="4xx"}';
    expect(await growth(series, () => gateway.get('/api/v1/whoami', REMOTE))).toBe(1);
  });

  it.each(DIALECTS)('open sockets: $name', async (speech) => {
    const series = 'doorward_ws_connections{role="operator"}';
    const before = (await Scrape.of(gateway)).soFar(series);
    const { client } = await connected(gateway, speech, { auth: { token: HOUSE_TOKEN } });
    expect((await Scrape.of(gateway)).value(series)).toBe(before + 1);
    client.close();
    await until('the socket has gone', async () => (await Scrape.of(gateway)).soFar(series) === before);
  });

  it('how the house is', async () => {
    const scrape = await Scrape.of(gateway);
    expect(scrape.value('doorward_ready')).toBe(1);
    expect(scrape.value('doorward_secrets_degraded')).toBe(0);
    expect(scrape.value('doorward_audit_lost_rows_total')).toBe(0);
    expect(scrape.text).toMatch(/^doorward_audit_waiting_rows \d+$/m);
  });

  it('reloads', async () => {
    const series = 'doorward_config_reloads_total{outcome="swapped"}';
    const config = { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny', rateLimit: { maxAttempts: 3 } } } };
    expect(await growth(series, () => world.configure(config))).toBe(1);
  });
});

describe('what no label holds', () => {
  it('S201: no tenant, person, address, token or id of a request', async () => {
    const tenantId = await newTenant(world, 'Acme of Springfield');
    const person = await newPerson(world, tenantId, 'member');
    const reply = await gateway.call('/api/v1/whoami', { headers: person.headers, from: '127.0.0.77' });
    expect(reply.status).toBe(200);
    await gateway.call('/api/v1/whoami', { headers: { ...REMOTE, ...bearer('a-guess-of-mine') }, from: '127.0.0.77' });

    const { text } = await Scrape.of(gateway);
    for (const secret of [
      tenantId,
      'Acme',
      person.email,
      '@',
      person.token,
      HOUSE_TOKEN,
      'a-guess-of-mine',
      '127.0.0.77',
      reply.headers['x-request-id'] as string,
    ]) {
      expect(text).not.toContain(secret);
    }
  });
});

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StatusView } from '../../src/credentials/status/status-view.js';
import { cli } from '../cli/in-process.js';
import { newStateDir, preparedStateDir } from '../helpers/embedded.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';
import { ELSEWHERE, World } from '../helpers/world.js';
import { connected, NATIVE } from '../helpers/ws-client.js';
import { statusCases } from './status-cases.js';
import { stock } from './stocked.js';

const CASES = statusCases(Date.now()).map((one, index) => ({ ...one, agent: `case-${index}` }));
const CONFIG = {
  gateway: { auth: { token: HOUSE_TOKEN } },
  agents: { list: [{ id: 'main' }, ...CASES.map(({ agent, model }) => ({ id: agent, model }))] },
};
const ENVIRONMENT = { KEPT_ELSEWHERE: 'sk-kept' };

/** What everybody must say of a case. */
const expected = ({ verdict, exitCode, health, block }: (typeof CASES)[number]) => [
  verdict,
  exitCode,
  health,
  block === undefined ? [] : [block],
];

const said = ({ verdict, exitCode, auth }: StatusView) => [
  verdict,
  exitCode,
  auth.oauth.profiles.map(({ status }) => status),
  auth.unusableProfiles.map(({ kind, reason }) => `${kind} ${reason}`),
];

describe('the command says, without a gateway', () => {
  const stateDir = newStateDir();

  beforeAll(() => {
    for (const { agent, profiles, usageStats } of CASES) stock(stateDir, agent, profiles, { usageStats });
    writeFileSync(join(stateDir, 'doorward.json5'), JSON.stringify(CONFIG));
  });
  afterAll(() => rmSync(stateDir, { recursive: true }));

  it.each(CASES.map((one) => [one.what, one] as const))('%s', async (_what, one) => {
    const environment = { HOME: stateDir, DOORWARD_STATE_DIR: stateDir, ...ENVIRONMENT };
    const { code, stdout } = await cli(`models status --agent ${one.agent} --check --json`, { environment });
    const quiet = await cli(`models auth-status --agent ${one.agent}`, { environment });

    expect([code, ...said(JSON.parse(stdout) as StatusView)]).toEqual([one.exitCode, ...expected(one)]);
    expect(quiet.code).toBe(0);
    expect(stdout + quiet.stdout).not.toMatch(/sk-|access-1|refresh-1/);
  });
});

describe('the gateway says', () => {
  let gateway: TestGateway;
  let world: World;

  beforeAll(async () => {
    const stateDir = await preparedStateDir();
    const later = CASES.filter(({ what }) => what.includes('leads nowhere')); // it would not start with them
    const place = ({ agent, profiles, usageStats }: (typeof CASES)[number]) =>
      stock(stateDir, agent, profiles, { usageStats });
    CASES.filter((one) => !later.includes(one)).forEach(place);
    gateway = await startGateway({ config: CONFIG, environment: ENVIRONMENT, database: 'embedded', stateDir });
    world = new World(gateway);
    later.forEach(place);
  });
  afterAll(() => gateway.close());

  it.each(CASES.map((one) => [one.what, one] as const))('the same of %s', async (_what, one) => {
    const { status, body, text } = await gateway.get(`/api/v1/models/status?agent=${one.agent}`);

    expect([status, ...said(body as StatusView)]).toEqual([200, ...expected(one)]);
    expect(text).not.toMatch(/sk-|access-1|refresh-1/);
  });

  it('over WebSocket what it says over REST', async () => {
    const { agent } = CASES.find(({ block }) => block !== undefined)!;
    const { client } = await connected(gateway, NATIVE);
    const rest = (await gateway.get(`/api/v1/models/status?agent=${agent}`)).body as StatusView;

    for (const method of ['models.authStatus', 'models.status']) {
      const answer = NATIVE.result(await client.ask(NATIVE.call(2, method, { agent })));
      expect(said(answer)).toEqual(said(rest));
      expect(answer.auth.providers).toEqual(rest.auth.providers);
    }
    client.close();
  });

  it('whose credentials they are to admins of the house alone', async () => {
    const login = { type: 'oauth', provider: 'anthropic', access: 'x', refresh: 'the-end', email: 'a@example.com' };
    const refreshRefused = { at: Date.now(), token: '-end', reason: 'no seat for Ann in Acme' };
    stock(
      gateway.stateDir,
      'main',
      { 'anthropic:a@example.com': login },
      { usageStats: { 'anthropic:a@example.com': { refreshRefused } } },
    );
    const path = '/api/v1/models/status';
    const admin = await gateway.get(path);
    const viewer = await gateway.get(path, {
      ...ELSEWHERE,
      ...bearer((await gateway.gatewayToken({ role: 'viewer' })).token),
    });
    const tenant = await gateway.get(path, { ...ELSEWHERE, ...bearer((await world.tenantToken('admin')).token) });

    expect(admin.text).toContain('a@example.com');
    expect(admin.body.auth.storePath).toContain(gateway.stateDir);
    expect(admin.body.auth.oauth.profiles[0].detail).toContain('no seat for Ann');
    for (const { status, text, body } of [viewer, tenant]) {
      expect(status).toBe(200);
      expect(said(body)).toEqual(said(admin.body));
      expect(text).not.toMatch(/a@example.com|seat for Ann/);
      expect(text).not.toContain(gateway.stateDir);
    }
  });

  it.each([
    ['nobody', {}, 401],
    ['a wrong token', bearer('wrong'), 401],
  ])('nothing to %s', async (_who, headers, status) => {
    expect((await gateway.get('/api/v1/models/status', { ...ELSEWHERE, ...headers })).status).toBe(status);
  });

  it('that there is no such agent', async () => {
    expect((await gateway.get('/api/v1/models/status?agent=nobody')).status).toBe(404);
  });

  it('that a damaged store cannot be read: 503, and no verdict', async () => {
    writeFileSync(stock(gateway.stateDir, 'main', {}), '{ "profiles": ');

    expect((await gateway.get('/api/v1/models/status')).status).toBe(503);
    stock(gateway.stateDir, 'main', {});
  });

  it('in its log, once, that a profile ends within a day', async () => {
    const { agent } = CASES.find(({ what }) => what.startsWith('a token for a little less'))!;
    const warned = () =>
      gateway.log().filter((line) => line['event'] === 'credentials.expiring' && line['agent'] === agent);
    gateway.clock.advance(31_000);
    await until('the warning', () => warned().length > 0);
    gateway.clock.advance(16 * 60_000);
    gateway.clock.advance(16 * 60_000);
    await gateway.get('/api/v1/models/status');

    expect(warned()).toMatchObject([{ level: 'warn', profile: 'anthropic:a', provider: 'anthropic' }]);
  });
});

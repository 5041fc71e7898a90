import type { StatusView } from '../../src/credentials/status/status-view.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { ELSEWHERE, World } from '../helpers/world.js';
import { connected, NATIVE } from '../helpers/ws-client.js';

const HOUSE = '00000000-0000-4000-8000-000000000001';
const key = 'sk-closed-to-others';
const address = 'http://127.0.0.1:9/v1';
const CONFIG = {
  gateway: { auth: { token: HOUSE_TOKEN } },
  models: {
    providers: {
      closed: { type: 'openai', baseUrl: address, apiKey: key, models: ['m1'], tenants: [HOUSE] },
      open: { type: 'openai', baseUrl: address, apiKey: key, models: ['m2'] },
    },
  },
  agents: {
    defaults: {
      model: { primary: 'closed/m1', fallbacks: ['open/m2'] },
      models: { 'closed/m1': { alias: 'hiddenname' }, 'open/m2': { alias: 'shownname' } },
    },
    list: [{ id: 'main' }, { id: 'private', tenants: [HOUSE] }],
  },
};

/** Names of variables and paths of the configuration: where credentials come from. */
const SOURCES = /models\.providers|OPEN_API_KEY/;

describe('the status of models, to another tenant', () => {
  let gateway: TestGateway;
  let headers: Record<string, string>;
  let token: string;

  beforeAll(async () => {
    const environment = { OPEN_API_KEY: 'sk-of-the-house', CLOSED_API_KEY: 'sk-of-the-house' };
    gateway = await startGateway({ config: CONFIG, environment, database: 'embedded' });
    ({ token } = await new World(gateway).tenantToken('owner'));
    headers = { ...ELSEWHERE, ...bearer(token) };
  });
  afterAll(() => gateway.close());

  const path = '/api/v1/models/status';

  it('S078: shows nothing of what is closed to it, nor where a credential comes from', async () => {
    const { status, text, body } = await gateway.get(path, headers);
    const view = body as StatusView;

    expect(status).toBe(200);
    expect(text).not.toMatch(/closed|hiddenname|private/i);
    expect(text).not.toMatch(SOURCES);
    expect([view.defaultModel, view.fallbacks, view.aliases, view.allowed]).toEqual([
      null,
      ['open/m2'],
      { shownname: 'open/m2' },
      ['open/m2'],
    ]);
    expect(view.auth.providers.map(({ provider, effective }) => [provider, effective.kind])).toEqual([['open', 'env']]);
    expect(view.verdict).toBe('ok');
  });

  it('S078: says of a closed agent what it says of none', async () => {
    const [closed, none] = await Promise.all(
      ['private', 'nowhere'].map((agent) => gateway.get(`${path}?agent=${agent}`, headers)),
    );

    expect([closed!.status, none!.status]).toEqual([404, 404]);
    expect(closed!.body.error.message.replace('private', 'nowhere')).toBe(none!.body.error.message);
  });

  it('S078: is the same over WebSocket', async () => {
    const { client } = await connected(gateway, NATIVE, { auth: { token } }, { headers: ELSEWHERE });
    const rest = (await gateway.get(path, headers)).body as StatusView;

    for (const method of ['models.status', 'models.authStatus']) {
      const view = NATIVE.result(await client.ask(NATIVE.call(2, method, {})));
      expect([view.aliases, view.auth.providers]).toEqual([rest.aliases, rest.auth.providers]);
      const refused = JSON.stringify(await client.ask(NATIVE.call(3, method, { agent: 'private' })));
      expect(refused).toContain('no such agent: private; see doorward agents list');
    }
    client.close();
  });

  it('leaves out nothing to the house', async () => {
    const { body } = await gateway.get(path);
    const view = body as StatusView;

    expect(view.defaultModel).toBe('closed/m1');
    expect(Object.keys(view.aliases)).toEqual(['hiddenname', 'shownname']);
    expect(view.auth.providers.map(({ env }) => env?.variables)).toEqual([['CLOSED_API_KEY'], ['OPEN_API_KEY']]);
    expect((await gateway.get(`${path}?agent=private`)).status).toBe(200);
  });
});

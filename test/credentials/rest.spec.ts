import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeyRotationService } from '../../src/credentials/keys/key-rotation.service.js';
import { PROFILE_STORE, type ProfileStore } from '../../src/credentials/profile-store.js';
import { ELSEWHERE, World } from '../helpers/world.js';
import { bearer, HOUSE_TOKEN, type TestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';
import { apiKey, startStocked } from './stocked.js';

let gateway: TestGateway;
let world: World;

const PROFILES = {
  'anthropic:default': apiKey('anthropic', 'sk-ant-1'),
  'anthropic:work': { type: 'token', provider: 'anthropic', token: 'sk-ant-2', expires: 4_000_000_000_000 },
  'anthropic:old': { type: 'token', provider: 'anthropic', token: 'sk-ant-3', expires: 1 },
  'openai:default': apiKey('openai', 'sk-3'),
};

const CONFIG = {
  gateway: { auth: { token: HOUSE_TOKEN } },
  agents: { list: [{ id: 'main' }, { id: 'work' }] },
  auth: { order: { openai: ['openai:default'] } },
  models: { providers: { groq: { apiKey: 'gk-configured' }, own: { baseUrl: 'http://127.0.0.1:1/v1' } } },
};

beforeAll(async () => {
  const environment = { ANTHROPIC_API_KEY: 'sk-env-1', GROQ_API_KEYS: 'g1,g2' };
  gateway = await startStocked({ main: PROFILES }, { config: CONFIG, environment, database: 'embedded' });
  world = new World(gateway);
});
afterAll(() => gateway.close());

const order = (provider: string, agent = 'main'): string => `/api/v1/agents/${agent}/auth-order/${provider}`;
const put = (path: string, body: unknown) => gateway.call(path, { method: 'PUT', body });

describe('the order of profiles over REST', () => {
  it('is stored, asked for, and forgotten again', async () => {
    const none = { agent: 'main', provider: 'anthropic', order: null, source: null };
    expect((await gateway.get(order('anthropic'))).body).toEqual(none);

    const set = await put(order('anthropic'), { order: ['anthropic:work', 'anthropic:default', 'anthropic:work'] });
    const stored = { ...none, order: ['anthropic:work', 'anthropic:default'], source: 'store' };
    expect([set.status, set.body]).toEqual([200, stored]);
    expect((await gateway.get(order('Claude'))).body).toEqual(stored);
    const path = join(gateway.stateDir, 'agents/main/agent/auth-profiles.json');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ order: { anthropic: stored.order } });

    expect((await gateway.call(order('anthropic'), { method: 'DELETE' })).status).toBe(204);
    expect((await gateway.get(order('anthropic'))).body).toEqual(none);
    expect(JSON.parse(readFileSync(path, 'utf8'))).not.toHaveProperty('order');
  });

  it("says when it is the configuration's", async () => {
    expect((await gateway.get(order('openai'))).body).toMatchObject({ order: ['openai:default'], source: 'config' });
  });

  it('may name what the agent inherits', async () => {
    expect((await put(order('anthropic', 'work'), { order: ['anthropic:work'] })).status).toBe(200);
    expect((await gateway.get(order('anthropic', 'work'))).body.source).toBe('store');
    await gateway.call(order('anthropic', 'work'), { method: 'DELETE' });
  });

  // prettier-ignore
  it.each([
    ['a stranger',           { order: ['anthropic:gone'] },  400, /no such profile: anthropic:gone.*anthropic:default, anthropic:work/],
    ['one of another provider', { order: ['openai:default'] }, 400, /no such profile: openai:default/],
    ['nobody',               { order: [] },                  400, /must name at least one profile/],
    ['no list',              { order: 'anthropic:work' },    400, /order/],
    ['more than was asked',  { order: [], also: 1 },         400, /also/],
  ])('refuses %s, and changes nothing', async (_, body, status, message) => {
    const refused = await put(order('anthropic'), body);
    expect([refused.status, refused.body.error.code]).toEqual([status, 'invalid_request']);
    expect(refused.text).toMatch(message);
    expect((await gateway.get(order('anthropic'))).body.order).toBeNull();
  });

  it('knows no agent that is not there', async () => {
    expect((await gateway.get(order('anthropic', 'nobody'))).status).toBe(404);
    expect((await put(order('anthropic', '..%2fmain'), { order: ['x'] })).status).toBe(404);
  });

  it('is for admins of the house', async () => {
    const member = await world.person('member');
    const stranger = await world.tenantToken('admin');
    for (const { token } of [member, stranger]) {
      const headers = { ...ELSEWHERE, ...bearer(token) };
      expect((await gateway.get(order('anthropic'), headers)).status).toBe(403);
      expect((await gateway.get('/api/v1/models/choice?provider=openai', headers)).status).toBe(403);
      expect((await gateway.get('/api/v1/keys', headers)).status).toBe(403);
      expect((await gateway.call('/api/v1/keys/rotate', { method: 'POST', headers })).status).toBe(403);
    }
  });

  it('is written down', async () => {
    await put(order('anthropic'), { order: ['anthropic:default'] });
    await gateway.call(order('anthropic'), { method: 'DELETE' });
    const rows = () =>
      world.rows(`SELECT action, detail FROM audit_events WHERE action LIKE 'auth-order.%' ORDER BY seq`);
    await until('both rows', async () => {
      gateway.clock.advance(1000);
      return (await rows()).some(({ action }) => action === 'auth-order.cleared');
    });
    expect(await rows()).toContainEqual({
      action: 'auth-order.set',
      detail: { provider: 'anthropic', order: ['anthropic:default'] },
    });
  });
});

describe('the reasons of a choice', () => {
  const choice = async (query: string) => (await gateway.get(`/api/v1/models/choice?${query}`)).body;

  it('name all who would be asked, in order, and who would not', async () => {
    expect(await choice('provider=anthropic')).toEqual({
      agent: 'main',
      provider: 'anthropic',
      order: 'stored profiles',
      candidates: [
        {
          name: 'profile anthropic:work',
          source: 'profile',
          profileId: 'anthropic:work',
          type: 'token',
          owner: 'main',
        },
        {
          name: 'profile anthropic:default',
          source: 'profile',
          profileId: 'anthropic:default',
          type: 'api_key',
          owner: 'main',
        },
        { name: 'ANTHROPIC_API_KEY', source: 'environment', unused: 'a profile stands before it' },
      ],
      excluded: [{ profileId: 'anthropic:old', why: 'expired' }],
      next: 'profile anthropic:work',
    });
  });

  it('hold for the environment, the configuration, and providers without a key', async () => {
    expect(await choice('provider=groq')).toMatchObject({
      candidates: [
        { name: 'GROQ_API_KEYS', source: 'environment' },
        { name: 'GROQ_API_KEYS', source: 'environment' },
        { name: 'models.providers.groq.apiKey', unused: 'the environment stands before it' },
      ],
      next: 'GROQ_API_KEYS',
    });
    expect(await choice('provider=own')).toMatchObject({ next: 'no key needed' });
    expect(await choice('provider=mistral')).toMatchObject({ candidates: [], next: null });
  });

  it('hold for a session that has chosen a profile', async () => {
    expect(await choice('provider=anthropic&pin=anthropic:default')).toMatchObject({
      candidates: [{ profileId: 'anthropic:default' }, { unused: 'the session has chosen anthropic:default' }, {}],
      next: 'profile anthropic:default',
    });
    expect(await choice('provider=anthropic&pin=anthropic:gone')).toMatchObject({ next: null });
  });

  it('refuse what is not there', async () => {
    expect((await gateway.get('/api/v1/models/choice?provider=nothing')).status).toBe(404);
    expect((await gateway.get('/api/v1/models/choice?provider=openai&agent=nobody')).status).toBe(404);
    expect((await gateway.get('/api/v1/models/choice')).status).toBe(400);
  });
});

describe('the keys of what is sealed', () => {
  it('rotate over REST, and are shown by id alone', async () => {
    const before = (await gateway.get('/api/v1/keys')).body;
    expect(before).toEqual({
      encryptionKey: { id: expect.stringMatching(/^[0-9a-f]{16}$/), from: 'file' },
      dataKeys: [],
    });
    const rotated = await gateway.call('/api/v1/keys/rotate', { method: 'POST' });
    expect([rotated.status, rotated.body]).toEqual([200, { dataKey: expect.any(String), resealed: 0 }]);
    expect((await gateway.get('/api/v1/keys')).body.dataKeys).toEqual([
      { id: rotated.body.dataKey, createdAt: expect.any(String), isCurrent: true, canBeOpened: true, sealed: 0 },
    ]);
    expect(gateway.app.get(KeyRotationService, { strict: false })).toBeDefined();
  });

  // prettier-ignore
  it.each<[string, (path: string) => string, number, RegExp]>([
    ['a relative path',  () => 'key',                                           0o600, /absolute path/],
    ['no file',          (path) => `${path}.gone`,                              0o600, /cannot be read/],
    ['a folder',         () => '/tmp',                                          0o600, /is no file/],
    ['an open file',     (path) => path,                                        0o644, /can be read or changed by others/],
    ['no key',           (path) => path,                                        0o600, /does not hold a key/],
  ])('a new encryption key in %s is refused', async (_, pathOf, mode, message) => {
    const path = join(gateway.stateDir, `new-key-${mode}`);
    writeFileSync(path, mode === 0o600 ? 'canary-no-key' : 'c'.repeat(64), { mode });
    const refused = await gateway.call('/api/v1/keys/rotate', { method: 'POST', body: { newKeyFile: pathOf(path) } });

    expect([refused.status, refused.body.error.code]).toEqual([400, 'invalid_request']);
    expect(refused.body.error.message).toMatch(message);
    expect(refused.text).not.toContain('canary');
  });
});

it('what is stored is still what was there', async () => {
  const store = gateway.app.get<ProfileStore>(PROFILE_STORE, { strict: false });
  expect(Object.keys((await store.read('main')).profiles)).toEqual(Object.keys(PROFILES));
});

import { rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { AuditService } from '../../src/audit/audit.service.js';
import { PROFILE_STORE, type ProfileStore } from '../../src/credentials/profile-store.js';
import { cli } from '../cli/in-process.js';
import { WHOLE_CONFIG } from '../cli/whole-config.js';
import { newStateDir } from '../helpers/embedded.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { ELSEWHERE, World } from '../helpers/world.js';

const KEY = 'sk-a-key-that-nobody-may-see';

let gateway: TestGateway;
let world: World;
let store: ProfileStore;

beforeAll(async () => {
  const config = { gateway: { auth: { token: HOUSE_TOKEN } }, models: { store: 'database' } };
  gateway = await startGateway({ config, database: 'embedded', environment: { KEPT: KEY } });
  world = new World(gateway);
  store = gateway.app.get<ProfileStore>(PROFILE_STORE, { strict: false });
});
afterAll(() => gateway.close());

const put = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  gateway.call(`/api/v1/agents/${path}`, { method: 'PUT', body, headers });
const profiles = async (): Promise<object> => (await store.read('main')).profiles;

describe('a credential that is brought over REST', () => {
  it('is stored sealed, written down, and never shown', async () => {
    const { status, text } = await put('main/profiles/openai:work', { type: 'api_key', provider: 'openai', key: KEY });

    expect([status, text]).toEqual([204, '']);
    expect(await profiles()).toMatchObject({ 'openai:work': { type: 'api_key', provider: 'openai', key: KEY } });
    expect(JSON.stringify(await world.rows('select * from auth_profiles'))).not.toContain(KEY);
    expect((await gateway.get('/api/v1/models/status')).body.auth.providers).toMatchObject([
      { provider: 'openai', effective: { kind: 'profiles' }, profiles: { labels: ['openai:work'] } },
    ]);
    await world.get(AuditService).flush();
    const audited = await world.rows(`SELECT * FROM audit_events WHERE action = 'auth-profile.stored'`);
    expect(audited).toMatchObject([{ target: 'agent:main', detail: { profile: 'openai:work', type: 'api_key' } }]);
    expect(JSON.stringify(audited)).not.toContain(KEY);
  });

  it('may be a reference', async () => {
    const profile = { type: 'api_key', provider: 'groq', keyRef: { source: 'env', provider: 'default', id: 'KEPT' } };

    expect((await put('main/profiles/groq:default', profile)).status).toBe(204);
    expect(await profiles()).toMatchObject({ 'groq:default': profile });
  });

  // prettier-ignore
  it.each<[what: string, path: string, body: object, status: number]>([
    ['an unknown agent',                 'nobody/profiles/openai:x',  { type: 'api_key', provider: 'openai', key: KEY },   404],
    ["another provider's id",            'main/profiles/groq:x',      { type: 'api_key', provider: 'openai', key: KEY },   400],
    ['an id without a name',             'main/profiles/openai',      { type: 'api_key', provider: 'openai', key: KEY },   400],
    ['an id in another spelling',        'main/profiles/openai:X%20', { type: 'api_key', provider: 'openai', key: KEY },   400],
    ['nothing to use',                   'main/profiles/openai:x',    { type: 'api_key', provider: 'openai' },             400],
    ['a token that has ended',           'main/profiles/openai:x',    { type: 'token', provider: 'openai', token: KEY, expires: 1 }, 400],
    ['a login with a reference',         'main/profiles/openai:x',    { type: 'oauth', provider: 'openai', access: KEY, keyRef: { source: 'env', id: 'KEPT' } }, 400],
    ['a crooked reference',              'main/profiles/openai:x',    { type: 'api_key', provider: 'openai', keyRef: { source: 'env', id: 'not a name' } }, 400],
    ['a reference to nobody',            'main/profiles/openai:x',    { type: 'api_key', provider: 'openai', keyRef: { source: 'exec', provider: 'undeclared', id: 'KEPT' } }, 400],
    ["a reference to another's source",  'main/profiles/openai:x',    { type: 'token', provider: 'openai', tokenRef: { source: 'file', provider: 'default', id: '/kept' } }, 400],
    ['a field that nobody knows',        'main/profiles/openai:x',    { type: 'api_key', provider: 'openai', key: KEY, extra: 1 }, 400],
    ['an unknown type',                  'main/profiles/openai:x',    { type: 'magic', provider: 'openai', key: KEY },     400],
  ])('is refused: %s', async (_what, path, body, status) => {
    const before = await profiles();
    const answer = await put(path, body);

    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain(KEY);
    expect(await profiles()).toEqual(before);
  });

  it('is for admins of the house alone', async () => {
    const body = { type: 'api_key', provider: 'openai', key: KEY };
    const member = { ...ELSEWHERE, ...bearer((await gateway.gatewayToken({ role: 'member' })).token) };
    const tenant = { ...ELSEWHERE, ...bearer((await world.tenantToken('owner')).token) };

    expect((await put('main/profiles/openai:x', body, member)).status).toBe(403);
    expect((await put('main/profiles/openai:x', body, tenant)).status).toBe(403);
    expect((await put('main/profiles/openai:x', body, { ...ELSEWHERE })).status).toBe(401);
  });
});

describe('where profiles are in the database, the command line asks the gateway', () => {
  const home = newStateDir();
  const run = (line: string, stdin?: Readable) =>
    cli(line, {
      ...WHOLE_CONFIG,
      ...(stdin && { stdin }),
      environment: { HOME: home, DOORWARD_STATE_DIR: gateway.stateDir, DOORWARD_GATEWAY_PORT: String(gateway.port) },
    });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('to store a credential, to order them, and how good they are', async () => {
    const added = await run('models auth add --provider mistral --stdin', Readable.from([KEY]));
    expect(added).toMatchObject({ code: 0, stdout: 'Stored mistral:default for agent "main" (in the database).\n' });
    expect(await profiles()).toMatchObject({ 'mistral:default': { type: 'api_key', key: KEY } });

    await run('models auth order set --provider mistral mistral:default');
    expect((await store.read('main')).order).toEqual({ mistral: ['mistral:default'] });
    const status = await run('models status --check');
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(/^static +mistral +mistral:default +api key/m);
    expect(status.stdout + added.stdout).not.toContain(KEY);
  });

  it('and says so when there is none', async () => {
    const environment = { HOME: home, DOORWARD_STATE_DIR: gateway.stateDir, DOORWARD_GATEWAY_PORT: '1' };

    expect(await cli('models status', { ...WHOLE_CONFIG, environment })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no gateway is running'),
    });
  });
});

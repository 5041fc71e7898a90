import { randomUUID } from 'node:crypto';
import { renameSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bearer, startGateway, type TestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';
import { World } from '../helpers/world.js';
import { WsClient } from '../helpers/ws-client.js';
import { Vault } from './vault.js';

const FIRST = 'canary-first-token-of-the-house';
const SECOND = 'canary-second-token-of-the-house';
const KEY = 'canary-key-of-a-provider';

let vault: Vault;
let gateway: TestGateway;
let world: World;

const reference = (provider: string, id: string): object => ({
  source: provider === 'kept' ? 'file' : 'exec',
  provider,
  id,
});

const config = (auth: object = {}, more: object = {}): Record<string, unknown> => ({
  gateway: { auth: { token: reference('kept', '/house'), ...auth } },
  models: { providers: { openai: { apiKey: reference('keeper', 'openai') } } },
  secrets: {
    providers: {
      kept: { source: 'file', path: vault.path('kept.json') },
      keeper: { source: 'exec', command: vault.path('keeper') },
    },
  },
  ...more,
});

beforeAll(async () => {
  vault = new Vault();
  vault.file('kept.json', { house: FIRST });
  vault.keeper('keeper', { openai: KEY });
  gateway = await startGateway({ config: config(), database: 'embedded' });
  world = new World(gateway);
});
afterAll(async () => {
  await gateway?.close();
  vault.remove();
});
afterEach(async () => {
  vault.file('kept.json', { house: FIRST });
  vault.file('keeper.json', { openai: KEY });
  await world.configure(config());
});

async function log(): Promise<Record<string, unknown>[]> {
  await world.flushLog();
  return gateway.log();
}

/** From this machine, which comes in as it is. */
const reload = () => gateway.call('/api/v1/secrets/reload', { method: 'POST' });
const list = () => gateway.get('/api/v1/secrets');
const whoami = async (token: string): Promise<string> => {
  const { body } = await gateway.get('/api/v1/whoami', { ...bearer(token), host: 'gateway.example.com' });
  return body.method ?? body.error.code;
};

async function admin(): Promise<WsClient> {
  const client = await WsClient.open(gateway);
  const hello = await client.ask({
    jsonrpc: '2.0',
    id: 1,
    method: 'connect',
    params: { role: 'control', client: { name: 'test', version: '1' } },
  });
  expect(hello.result.auth.method).toBe('loopback');
  return client;
}

/** How often a changed file had everything read anew. */
const reloads = async (): Promise<number> =>
  (await log()).filter(({ msg, trigger }) => msg === 'config: reloaded' && String(trigger).includes('file')).length;

/** Resolves when the gateway, which watches in this process, has heard of every file up to now, and has done what follows. */
async function settled(): Promise<void> {
  await heardOf(gateway.stateDir);
  await heardOf(dirname(vault.path('kept.json')));
  gateway.clock.advance(60_000); // long enough for a file that was left alone
  expect((await reload()).status).toBe(200); // one that a file asked for is done before, or together with it
}

/** Resolves when whoever watches a directory in this process has been told of all that happened there before. */
async function heardOf(directory: string): Promise<void> {
  const mark = `mark-${randomUUID()}`;
  const watcher = watch(directory);
  const seen = new Promise<void>((resolve) => {
    watcher.on('change', (_, name) => name === mark && resolve());
  });
  writeFileSync(join(directory, mark), '');
  await seen;
  watcher.close();
}

/** The next event of a name. */
async function event(client: WsClient, name: string): Promise<Record<string, unknown>> {
  for (;;) {
    const frame = await client.next();
    if (frame === undefined) throw new Error(`the socket closed before ${name}`);
    if (frame.method === name) return frame.params as Record<string, unknown>;
  }
}

describe('GET /api/v1/secrets', () => {
  it('names every secret, where it comes from and how its provider does, and no value', async () => {
    const { status, body, text } = await list();

    expect(status).toBe(200);
    expect(body.items).toEqual([
      {
        path: 'gateway.auth.token',
        source: 'file',
        provider: 'kept',
        id: '/house',
        state: 'resolved',
        since: expect.any(String),
      },
      {
        path: 'models.providers.openai.apiKey',
        source: 'exec',
        provider: 'keeper',
        id: 'openai',
        state: 'resolved',
        since: expect.any(String),
      },
    ]);
    expect(body.providers.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`)).toEqual([
      'kept ok',
      'keeper ok',
    ]);
    expect(body).toMatchObject({ nextCursor: null, health: { state: 'healthy' } });
    expect(text).not.toContain('canary');
  });

  it('tells what stands in the file itself, what a reference would be, and why nobody needs it', async () => {
    await world.configure(config({ mode: 'token', token: FIRST, password: { source: 'env', id: 'NOWHERE' } }));
    const { body, text } = await list();
    expect(body.items).toEqual(
      expect.arrayContaining([
        { path: 'gateway.auth.token', source: 'config', state: 'plain' },
        {
          path: 'gateway.auth.password',
          source: 'env',
          provider: 'default',
          id: 'NOWHERE',
          state: 'inactive',
          reason: 'gateway.auth.mode is "token"',
        },
      ]),
    );
    expect(text).not.toContain('canary');
  });

  it.each(['GET /api/v1/secrets', 'POST /api/v1/secrets/reload'])('%s is for admins of the house', async (route) => {
    const [method, path] = route.split(' ') as [string, string];
    const ask = async (token: string) =>
      (await gateway.call(path, { method, headers: { ...bearer(token), host: 'elsewhere' } })).status;
    expect(await ask((await gatewayToken('member')).token)).toBe(403);
    expect(await ask((await world.tenantToken('admin')).token)).toBe(403);
    expect(await ask((await gatewayToken('admin')).token)).toBe(200);
  });
});

const gatewayToken = (role: 'member' | 'admin') => gateway.gatewayToken({ email: `${role}@example.com`, role });

describe('a reload', () => {
  it('over REST swaps what has changed, with nothing restarted', async () => {
    vault.file('kept.json', { house: SECOND });
    expect(await whoami(FIRST)).toBe('token');

    const { status, body } = await reload();
    expect(status).toBe(200);
    expect(body).toEqual({
      ok: true,
      version: expect.any(Number),
      resolved: 2,
      inactive: 0,
      warningCount: 0,
      warnings: [],
    });
    expect(await whoami(FIRST)).toBe('token_mismatch');
    expect(await whoami(SECOND)).toBe('token');
  });

  it('over WebSocket does the same, for admins of the house', async () => {
    vault.file('kept.json', { house: SECOND });
    const client = await admin();
    const { result } = await client.ask({ jsonrpc: '2.0', id: 2, method: 'secrets.reload', params: {} });
    expect(result).toMatchObject({ ok: true, resolved: 2, warningCount: 0 });
    expect(await whoami(SECOND)).toBe('token');
    client.close();

    const { token } = await world.tenantToken('admin');
    const stranger = await WsClient.open(gateway, { headers: { host: 'elsewhere' } });
    const params = { role: 'control', client: { name: 'test', version: '1' }, auth: { token } };
    await stranger.ask({ jsonrpc: '2.0', id: 1, method: 'connect', params });
    const { error } = await stranger.ask({ jsonrpc: '2.0', id: 2, method: 'secrets.reload', params: {} });
    expect(error).toMatchObject({ code: -32003, message: 'missing scope: operator.admin' });
    stranger.close();
  });

  it('is all or nothing: what could be had is not used while something cannot', async () => {
    vault.file('kept.json', { house: SECOND });
    vault.file('keeper.json', { down: true });
    const { status, body, text } = await reload();

    expect(status).toBe(503);
    expect(body.error).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('what was in use stays'),
    });
    expect(body.error.fields).toEqual([
      {
        path: 'models.providers.openai.apiKey',
        message: expect.stringContaining('exec provider "keeper", id "openai"'),
      },
    ]);
    expect(text).not.toContain('canary');
    expect(await whoami(FIRST)).toBe('token');
    expect(await whoami(SECOND)).toBe('token_mismatch');
  });

  it('of a wrong configuration is refused, and says nothing of providers', async () => {
    writeFileSync(join(gateway.stateDir, 'doorward.json5'), '{ gateway: {');
    const { status, body } = await reload();
    expect(status).toBe(409);
    expect(body.error.message).toContain('is not valid JSON5');
    expect((await list()).body.health).toEqual({ state: 'healthy' });
  });

  it('happens by itself when a file of secrets or the config file is replaced, and only then', async () => {
    await settled();
    const before = await reloads();
    vault.file('fresh.json', { house: SECOND });
    renameSync(vault.path('fresh.json'), vault.path('kept.json'));
    await until('the new token', async () => {
      gateway.clock.advance(100);
      return (await whoami(SECOND)) === 'token';
    });

    writeFileSync(join(gateway.stateDir, 'doorward.json5'), JSON.stringify(config({ token: FIRST })));
    await until('the token of the file', async () => {
      gateway.clock.advance(100);
      return (await whoami(FIRST)) === 'token';
    });
    writeFileSync(join(gateway.stateDir, 'unrelated'), 'x');
    await settled();
    expect(await reloads()).toBe(before + 2);

    const { gateway: included, ...rest } = config({ token: FIRST });
    writeFileSync(join(gateway.stateDir, 'included.json5'), JSON.stringify(included));
    await world.configure({ ...rest, gateway: { $include: './included.json5' } });
    writeFileSync(join(gateway.stateDir, 'included.json5'), JSON.stringify(config({ token: SECOND })['gateway']));
    await until('the token of the included file', async () => {
      gateway.clock.advance(100);
      return (await whoami(SECOND)) === 'token';
    });
  });

  it('does not happen by itself with gateway.reload.mode "off"', async () => {
    await world.configure({
      ...config(),
      gateway: { auth: { token: reference('kept', '/house') }, reload: { mode: 'off' } },
    });
    const before = await reloads();
    vault.file('kept.json', { house: SECOND });
    await settled();
    expect(await reloads()).toBe(before);
  });

  it('is written down with who asked, in the chain of the house', async () => {
    await reload();
    vault.file('keeper.json', { down: true });
    await reload();
    gateway.clock.advance(2000);
    const rows = () =>
      world.rows<{ action: string; actor: string; detail: Record<string, unknown> }>(
        `SELECT action, actor, detail FROM audit_events WHERE action LIKE 'secrets.%' ORDER BY seq DESC LIMIT 2`,
      );
    await until('the rows', async () => {
      gateway.clock.advance(1000);
      return (await rows())[0]?.action === 'secrets.reload-refused';
    });
    const [refused, done] = await rows();
    expect(refused).toMatchObject({
      actor: 'loopback:loopback',
      detail: { trigger: 'rest', paths: ['models.providers.openai.apiKey'] },
    });
    expect(done).toMatchObject({ action: 'secrets.reloaded', actor: 'loopback:loopback', detail: { trigger: 'rest' } });
  });
});

describe('an outage', () => {
  const lines = async (code: string): Promise<number> => (await log()).filter((line) => line['event'] === code).length;

  it('is told once when it begins and once when it ends, to the log, to admins and in /ready; nothing stops working', async () => {
    const degraded = await lines('SECRETS_RELOADER_DEGRADED');
    const recovered = await lines('SECRETS_RELOADER_RECOVERED');
    const client = await admin();
    vault.file('keeper.json', { down: true });
    for (let i = 0; i < 3; i += 1) expect((await reload()).status).toBe(503);

    const told = await event(client, 'secrets.degraded');
    expect(told).toMatchObject({
      code: 'SECRETS_RELOADER_DEGRADED',
      failing: [{ path: 'models.providers.openai.apiKey' }],
    });
    const ready = await gateway.get('/ready');
    expect(ready.status).toBe(200);
    expect(ready.body.degraded).toEqual([{ part: 'secrets', reason: expect.stringContaining('not fetched since') }]);
    expect((await gateway.get('/ready', { host: 'elsewhere' })).body).toEqual({ ready: true });
    const { health, providers } = (await list()).body;
    expect(health).toMatchObject({ state: 'degraded', failing: [{ path: 'models.providers.openai.apiKey' }] });
    expect(providers).toContainEqual(expect.objectContaining({ name: 'keeper', state: 'failing', failures: 3 }));

    vault.file('keeper.json', { openai: KEY });
    expect((await reload()).status).toBe(200);
    await event(client, 'secrets.recovered');
    expect((await gateway.get('/ready')).body.degraded).toBeUndefined();
    expect(await lines('SECRETS_RELOADER_DEGRADED')).toBe(degraded + 1);
    expect(await lines('SECRETS_RELOADER_RECOVERED')).toBe(recovered + 1);
    client.close();
  });

  it('ends by itself: the gateway asks again, later and later', async () => {
    vault.file('keeper.json', { down: true });
    await reload();
    const before = vault.calls('keeper').length;
    for (let i = 0; i < 3; i += 1) {
      gateway.clock.advance(90_000);
      await until('another call', () => vault.calls('keeper').length > before + i);
      await until('what came of it', async () =>
        (await list()).body.providers.some((one: { failures: number }) => one.failures >= i + 2),
      );
    }
    vault.file('keeper.json', { openai: KEY });
    gateway.clock.advance(700_000);
    await until('the end of the outage', async () => (await list()).body.health.state === 'healthy');
    const after = vault.calls('keeper').length;
    gateway.clock.advance(3_600_000);
    expect(vault.calls('keeper').length).toBe(after);
  });
});

describe('surfaces', () => {
  it('S164: a broken reference of a part that is off stops nothing, and keeps the part from being switched on', async () => {
    const broken = (mode: string): Record<string, unknown> => config({ mode, password: reference('kept', '/nothing') });
    await world.configure(broken('token'));
    expect(await log()).toContainEqual(
      expect.objectContaining({
        event: 'SECRETS_GATEWAY_AUTH_SURFACE',
        path: 'gateway.auth.password',
        state: 'inactive',
        reason: 'gateway.auth.mode is "token"',
      }),
    );

    await expect(world.configure(broken('password'))).rejects.toThrow('has nothing at /nothing');
    expect(await whoami(FIRST)).toBe('token');
    await world.configure(broken('token'));
    expect(await whoami(FIRST)).toBe('token');
  });

  it('say once why a reference is not needed', async () => {
    const aws = config(
      {},
      {
        models: {
          providers: {
            bedrock: { baseUrl: 'https://b.example', auth: 'aws-sdk', apiKey: reference('keeper', 'none') },
          },
        },
      },
    );
    for (let i = 0; i < 3; i += 1) await world.configure(aws);
    const told = (await log()).filter(({ path }) => path === 'models.providers.bedrock.apiKey');
    expect(told).toEqual([
      expect.objectContaining({
        event: 'SECRETS_REF_IGNORED_INACTIVE_SURFACE',
        reason: 'models.providers.bedrock.auth is "aws-sdk"',
      }),
    ]);
  });
});

describe('while secrets are swapped', () => {
  it('no request fails, and none sees another pair than one that was there', async () => {
    const seen = new Set<string>();
    const over = new AbortController();
    let asked = 0;
    const asking = Array.from({ length: 4 }, async (_, i) => {
      while (!over.signal.aborted) {
        asked += 1;
        const token = i % 2 === 0 ? FIRST : SECOND;
        const headers = { ...bearer(token), host: 'elsewhere' };
        const { status, body } = await gateway.call('/api/v1/whoami', { headers, from: '127.0.0.2' });
        seen.add(`${status} ${body.method ?? body.error.code}`);
      }
    });
    try {
      await world.configure(config({ rateLimit: { maxAttempts: 1000 } }));
      for (let i = 0; i < 20; i += 1) {
        vault.file('kept.json', { house: i % 2 === 0 ? SECOND : FIRST });
        expect((await reload()).status).toBe(200);
      }
    } finally {
      over.abort();
      await Promise.all(asking);
    }
    await world.forgive();

    expect(asked).toBeGreaterThan(20);
    expect([...seen].filter((one) => one !== '429 rate_limited').toSorted()).toEqual([
      '200 token',
      '401 token_mismatch',
    ]);
  });
});

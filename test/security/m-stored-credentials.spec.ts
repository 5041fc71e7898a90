import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { inspect } from 'node:util';
import { ConfigService } from '../../src/config/config.service.js';
import { CredentialsService, type Need } from '../../src/credentials/credentials.service.js';
import { PROFILE_STORE, type ProfileStore } from '../../src/credentials/profile-store.js';
import type { StoredProfiles } from '../../src/credentials/profile.js';
import { startGateway, type TestGateway } from '../helpers/gateway.js';
import { connected, JSON_RPC } from '../helpers/ws-client.js';
import { World } from '../helpers/world.js';
import { everyRoute } from './routes.js';

const canary = (name: string): string => `sk-canary-of-${name}-4c1d0f`;

const PROFILES = {
  'openai:key': { type: 'api_key', provider: 'openai', key: canary('key') },
  'openai:ref': {
    type: 'api_key',
    provider: 'openai',
    key: canary('beside'),
    keyRef: { source: 'env', id: 'TEAM_KEY' },
  },
  'anthropic:token': { type: 'token', provider: 'anthropic', token: canary('token'), expires: 4_000_000_000_000 },
  'openai-codex:login': {
    type: 'oauth',
    provider: 'openai-codex',
    access: canary('access'),
    refresh: canary('refresh'),
    expires: 4_000_000_000_000,
    idToken: canary('unknown-field'),
  },
} satisfies StoredProfiles['profiles'];

const ENVIRONMENT = {
  TEAM_KEY: canary('reference'),
  GROQ_API_KEYS: `${canary('k1')}, ${canary('k2')},, ${canary('k1')} `,
  ANTHROPIC_API_KEY: canary('environment'),
};

const ALL = [
  'key',
  'beside',
  'token',
  'access',
  'refresh',
  'unknown-field',
  'reference',
  'k1',
  'k2',
  'environment',
].map(canary);

const found = (text: string): string[] => ALL.filter((secret) => text.includes(secret));

/** Methods that would change what the next question is about. */
const LEAVES_ALONE = new Set(['connect', 'secrets.reload']);

describe.each(['file', 'database'])('credentials of model providers in the %s', (store) => {
  let gateway: TestGateway;
  let world: World;
  let credentials: CredentialsService;

  beforeAll(async () => {
    const config = {
      models: { store, providers: { 'openai-codex': { baseUrl: 'https://codex.example/v1' } } },
      agents: { defaults: { model: { primary: 'openai/gpt-5', fallbacks: ['groq/llama', 'anthropic/opus'] } } },
    };
    gateway = await startGateway({ config, environment: ENVIRONMENT, database: 'embedded' });
    world = new World(gateway);
    credentials = world.get(CredentialsService);
    const profiles = gateway.app.get<ProfileStore>(PROFILE_STORE, { strict: false });
    await profiles.update('main', (stored) => ({ ...stored, profiles: PROFILES }));
  });
  afterAll(() => gateway.close());

  const attempt = async (need: Partial<Need>) =>
    credentials.attempt({ agent: 'main', provider: 'openai', ...need }, world.get(ConfigService).current);

  /** All that the gateway has written, but the profiles where they are meant to be. */
  const written = (): [string, string[]][] =>
    readdirSync(gateway.stateDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path): [string, string[]] => [relative(gateway.stateDir, path), found(readFileSync(path, 'latin1'))])
      .filter(([, secrets]) => secrets.length > 0);

  it('are there to be found', async () => {
    const values: (string | undefined)[] = [];
    for (const provider of ['openai', 'anthropic', 'openai-codex', 'groq']) {
      values.push((await (await attempt({ provider })).next())?.value);
    }
    values.push((await (await attempt({ pin: 'openai:ref' })).next())?.value);
    expect(values).toEqual(['key', 'token', 'access', 'k1', 'reference'].map(canary));
  });

  it('S188: after a rate limit the next key is used, each once, and neither shows in steps, errors or logs', async () => {
    const groq = await attempt({ provider: 'groq' });
    const used: (string | undefined)[] = [];
    for (let choice = await groq.next(); choice; choice = await groq.next()) {
      used.push(choice.value);
      groq.failed({ kind: 'rate_limit', message: `429: too many requests for ${choice.value}` });
    }
    expect(used).toEqual([canary('k1'), canary('k2')]);
    expect(groq.steps).toEqual([
      { candidate: 'GROQ_API_KEYS', outcome: 'rate_limit' },
      { candidate: 'GROQ_API_KEYS', outcome: 'rate_limit' },
    ]);
    expect(found(JSON.stringify(groq.steps) + inspect(groq.steps))).toEqual([]);
  });

  it('are in no answer of any route, whatever is sent to it', async () => {
    const telling: string[] = [];
    for (const { method, url } of everyRoute(gateway)) {
      if (/rotate|logout|database/.test(url) || method === 'OPTIONS') continue;
      const filled = url
        .replace('agents/something', 'agents/main')
        .replace('auth-order/something', 'auth-order/openai')
        .replace('/choice', '/choice?provider=openai');
      const body =
        method === 'GET' || method === 'HEAD' ? undefined : { order: ['openai:gone'], profile: 'openai:key' };
      const { text, headers } = await gateway.call(filled, { method, body });
      if (found(text + JSON.stringify(headers)).length > 0) telling.push(`${method} ${filled}`);
    }
    expect(telling).toEqual([]);
    for (const query of [
      'provider=anthropic',
      'provider=openai-codex',
      'provider=groq',
      'provider=openai&pin=openai:ref',
    ]) {
      expect(found((await gateway.get(`/api/v1/models/choice?${query}`)).text)).toEqual([]);
    }
  });

  it('are in no answer of any method', async () => {
    const { client } = await connected(gateway, JSON_RPC, { role: 'control' });
    const { methods } = JSON_RPC.result(await client.ask(JSON_RPC.call(2, 'rpc.discover'))) as {
      methods: { name: string }[];
    };
    const telling: string[] = [];
    for (const [index, { name }] of methods.entries()) {
      if (LEAVES_ALONE.has(name)) continue;
      const answer: unknown = await client.ask(JSON_RPC.call(index + 3, name, { agent: 'main', provider: 'openai' }));
      if (found(JSON.stringify(answer) ?? '').length > 0) telling.push(name);
    }
    expect(methods.length).toBeGreaterThan(5);
    expect(telling).toEqual([]);
    client.close();
  });

  it('are in no error', async () => {
    const errors: unknown[] = [];
    const note = async (work: () => Promise<unknown>): Promise<void> => {
      await work().catch((error: unknown) => errors.push(error));
    };
    await note(async () => attempt({ provider: 'nothing' }));
    await note(async () => attempt({ agent: 'nobody' }));
    const profiles = gateway.app.get<ProfileStore>(PROFILE_STORE, { strict: false });
    await note(() => profiles.update('main', (stored) => Object.assign(stored, { version: 3 })));
    await note(async () => profiles.read('../main'));

    expect(errors).toHaveLength(4);
    expect(found(errors.map((error) => inspect(error, { depth: 9 })).join('\n'))).toEqual([]);
  });

  it('are in no other file, the log among them', async () => {
    gateway.clock.advance(6000);
    await world.flushLog();
    const own = written().map(([path]) => path);
    expect(own).toEqual(store === 'file' ? [join('agents', 'main', 'agent', 'auth-profiles.json')] : []);
  });
});

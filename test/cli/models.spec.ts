import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import JSON5 from 'json5';
import type { World } from '../../src/cli/command.js';
import type { ProbeResult } from '../../src/credentials/status/probe.js';
import { ModelStand } from '../credentials/model-stand.js';
import { apiKey, keyRef, stock } from '../credentials/stocked.js';
import { built, CliHome } from '../helpers/cli.js';
import { cli, type Outcome } from './in-process.js';
import { WHOLE_CONFIG } from './whole-config.js';

const KEY = 'sk-a-key-that-nobody-may-see-0123456789';
const SETUP_TOKEN = `sk-ant-oat01-${'x'.repeat(100)}`;
const HOUR = 3_600_000;

let home: string;
let stateDir: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'doorward-models-'));
  stateDir = join(home, '.doorward');
  mkdirSync(stateDir, { mode: 0o700 });
});
afterEach(() => rmSync(home, { recursive: true }));

type Change = Partial<World> & { readonly variables?: Readonly<Record<string, string>> };

function run(line: string, { variables = {}, ...world }: Change = {}): Promise<Outcome> {
  return cli(line, {
    environment: { HOME: home, ...variables },
    ...WHOLE_CONFIG,
    ...world,
  });
}

const piped = (text: string): Change => ({ stdin: Readable.from([text]) });
const typed = (text: string): Change => ({ stdin: Object.assign(Readable.from([`${text}\n`]), { isTTY: true }) });
const configure = (config: object): void => writeFileSync(join(stateDir, 'doorward.json5'), JSON.stringify(config));

// Tests read what they expect.
// oxlint-disable-next-line typescript/no-explicit-any
const config = (): any => JSON5.parse(readFileSync(join(stateDir, 'doorward.json5'), 'utf8'));
const storePath = (agent = 'main'): string => join(stateDir, 'agents', agent, 'agent', 'auth-profiles.json');
// oxlint-disable-next-line typescript/no-explicit-any
const store = (agent?: string): any => JSON.parse(readFileSync(storePath(agent), 'utf8'));

describe('models status', () => {
  it('says "No credentials found", what to do, and by --check that it is so', async () => {
    const { code, stdout } = await run('models status');

    expect(code).toBe(0);
    expect(stdout).toContain('No credentials found for agent "main"');
    expect(stdout).toContain('doorward models auth add --provider anthropic');
    expect((await run('models status --check')).code).toBe(1);
    expect(existsSync(storePath())).toBe(false);
  });

  it.each([
    ['the environment', {}, { ANTHROPIC_API_KEY: KEY }, 'env', 'ANTHROPIC_API_KEY'],
    ['.env of the state directory', { env: 'GROQ_API_KEY=gk-1' }, {}, 'env', 'GROQ_API_KEY'],
    [
      'the configuration',
      { config: { models: { providers: { openai: { apiKey: KEY } } } } },
      {},
      'config',
      'models.providers.openai.apiKey',
    ],
    [
      'a reference',
      { config: { models: { providers: { openai: { apiKey: '${OPENAI_KEPT}' } } } } },
      { OPENAI_KEPT: KEY },
      'config',
      'models.providers.openai.apiKey',
    ],
    [
      'nothing, for this machine needs none',
      { config: { agents: { defaults: { model: 'ollama/llama3' } } } },
      {},
      'keyless',
      'needs no key: it runs on this machine',
    ],
  ])(
    'knows a key of %s, and exits with 0',
    async (_where, files: { env?: string; config?: object }, variables, kind, detail) => {
      if (files.env !== undefined) writeFileSync(join(stateDir, '.env'), files.env, { mode: 0o600 });
      if (files.config !== undefined) configure(files.config);
      const { code, stdout } = await run('models status --check --json', {
        variables: variables as Record<string, string>,
      });
      const { auth } = JSON.parse(stdout);

      expect(code).toBe(0);
      expect(auth.providers.map(({ effective }: { effective: object }) => effective)).toContainEqual({ kind, detail });
      expect(stdout).not.toContain(KEY);
    },
  );

  it('has the shape that programs of the family read', async () => {
    configure({
      agents: {
        defaults: {
          model: { primary: 'anthropic/claude', fallbacks: ['openai/gpt-5'] },
          models: { 'anthropic/claude': { alias: 'Opus' } },
        },
      },
    });
    const login = {
      type: 'oauth',
      provider: 'anthropic',
      access: 'a',
      refresh: 'r',
      expires: Date.now() + HOUR,
      email: 'a@example.com',
    };
    stock(
      stateDir,
      'main',
      { 'anthropic:a@example.com': login },
      {
        usageStats: { 'anthropic:a@example.com': { cooldownUntil: Date.now() + HOUR, cooldownReason: 'rate_limit' } },
      },
    );
    const status = JSON.parse((await run('models status --json', { variables: { OPENAI_API_KEY: KEY } })).stdout);

    expect(status).toMatchObject({
      agent: 'main',
      verdict: 'ok',
      exitCode: 0,
      configPath: join(stateDir, 'doorward.json5'),
      agentDir: join(stateDir, 'agents', 'main', 'agent'),
      defaultModel: 'anthropic/claude',
      resolvedDefault: 'anthropic/claude',
      fallbacks: ['openai/gpt-5'],
      imageModel: null,
      imageFallbacks: [],
      aliases: { opus: 'anthropic/claude' },
      allowed: ['anthropic/claude'],
      auth: {
        storePath: storePath(),
        shellEnvFallback: { enabled: false, appliedKeys: [] },
        providersWithOAuth: ['anthropic'],
        missingProvidersInUse: [],
        providers: [
          {
            provider: 'anthropic',
            effective: { kind: 'profiles' },
            profiles: { count: 1, oauth: 1, token: 0, apiKey: 0, labels: ['anthropic:a@example.com'] },
          },
          {
            provider: 'openai',
            effective: { kind: 'env', detail: 'OPENAI_API_KEY' },
            env: { variables: ['OPENAI_API_KEY'] },
          },
        ],
        unusableProfiles: [
          {
            profileId: 'anthropic:a@example.com',
            provider: 'anthropic',
            kind: 'cooldown',
            reason: 'rate_limit',
            until: expect.any(Number),
            remainingMs: expect.any(Number),
          },
        ],
        oauth: {
          warnAfterMs: 24 * HOUR,
          profiles: [
            {
              profileId: 'anthropic:a@example.com',
              provider: 'anthropic',
              type: 'oauth',
              status: 'ok',
              expiresAt: expect.any(Number),
            },
          ],
          providers: [{ provider: 'anthropic', status: 'ok' }],
        },
      },
    });
  });

  it('for scripts: one line for each credential', async () => {
    stock(stateDir, 'main', {
      'anthropic:a': { type: 'token', provider: 'anthropic', token: 'x', expires: 4e12 },
      'openai:b': apiKey('openai', KEY),
    });
    const { stdout } = await run('models status --plain');

    expect(stdout).toBe(
      'anthropic\tanthropic:a\ttoken\tok\t2096-10-02T07:06:40.000Z\t-\nopenai\topenai:b\tapi key\tstatic\t-\t-\n',
    );
  });

  it('takes what Claude Code holds over, as document 001 says', async () => {
    mkdirSync(join(home, '.claude'));
    const claudeAiOauth = { accessToken: 'at-1', refreshToken: 'rt-1', expiresAt: Date.now() + HOUR };
    writeFileSync(join(home, '.claude', '.credentials.json'), JSON.stringify({ claudeAiOauth }));
    const { code, stdout } = await run('models status --check');

    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok +anthropic +anthropic:claude-cli +login +in \d+ min/m);
    expect(store().profiles['anthropic:claude-cli']).toMatchObject({ type: 'oauth', access: 'at-1' });
  });

  it('knows a key that the login shell has, where the configuration says so', async () => {
    const shell = join(home, 'shell');
    writeFileSync(shell, `#!/bin/sh\nexport GROQ_API_KEY=${KEY}\nexec /bin/sh "$@"\n`, { mode: 0o755 });
    const variables = { SHELL: shell, PATH: process.env['PATH']! };
    expect((await run('models status --check', { variables })).code).toBe(1);

    configure({ env: { shellEnv: { enabled: true } } });
    const { code, stdout } = await run('models status --check --json', { variables });

    expect(code).toBe(0);
    expect(JSON.parse(stdout).auth.shellEnvFallback).toEqual({ enabled: true, appliedKeys: ['GROQ_API_KEY'] });
    expect(stdout).not.toContain(KEY);
  });

  it('leaves them alone where auth.syncCliLogins is off', async () => {
    configure({ auth: { syncCliLogins: false } });
    mkdirSync(join(home, '.claude'));
    writeFileSync(
      join(home, '.claude', '.credentials.json'),
      JSON.stringify({ claudeAiOauth: { accessToken: 'at-1' } }),
    );

    expect((await run('models status --check')).code).toBe(1);
    expect(existsSync(storePath())).toBe(false);
  });

  // prettier-ignore
  it.each([
    ['--plain --probe',            2, '--plain and --probe do not go together'],
    ['--agent nobody',             1, 'no such agent: nobody'],
    ['--probe --probe-timeout 5',  2, 'It must be a whole number from 100 to 120000'],
  ])('%s: %i', async (flags, code, message) => {
    expect(await run(`models status ${flags}`)).toMatchObject({ code, stderr: expect.stringContaining(message) });
  });

  it('says where a damaged store is, and nothing of what it holds', async () => {
    writeFileSync(stock(stateDir, 'main', {}), `{ "profiles": { "${KEY}"`);
    const { code, stderr } = await run('models status --check');

    expect(code).toBe(1);
    expect(stderr).toContain(`${storePath()} cannot be read as profiles`);
    expect(stderr).not.toContain(KEY);
  });
});

describe('models status --probe', () => {
  let stand: ModelStand;

  beforeEach(async () => {
    stand = await ModelStand.start((credential) => {
      if (credential === 'good') return { status: 200, body: { choices: [] } };
      if (credential === 'poor') return { status: 402, body: { error: { message: 'Your credit balance is too low' } } };
      if (credential === 'busy') return { status: 429, body: { error: { message: 'too many requests' } } };
      if (credential === 'odd') return { status: 400, body: { error: { message: 'unsupported parameter' } } };
      if (credential === 'silent') return 'silence';
      return { status: 401, body: { error: { message: `Incorrect API key provided: ${credential}` } } };
    });
    configure({
      models: {
        providers: {
          one: { type: 'openai', baseUrl: stand.url, models: ['small'] },
          two: { type: 'anthropic', baseUrl: stand.url, models: [{ id: 'claude' }], headers: { 'x-team': 'blue' } },
          bare: { type: 'openai', baseUrl: stand.url },
        },
      },
      auth: { order: { two: ['two:key', 'two:token'] } },
    });
  });
  afterEach(() => stand.close());

  async function probes(flags = ''): Promise<ProbeResult[]> {
    const { stdout } = await run(`models status --probe --probe-timeout 300 --json ${flags}`);
    return (JSON.parse(stdout) as { auth: { probes: ProbeResult[] } }).auth.probes;
  }

  it('asks with each profile, resting or not, and tells what came of it', async () => {
    const usageStats = { 'one:good': { cooldownUntil: Date.now() + HOUR, cooldownReason: 'rate_limit' } };
    stock(
      stateDir,
      'main',
      {
        'one:good': apiKey('one', 'good'),
        'one:wrong': apiKey('one', KEY),
        'one:poor': apiKey('one', 'poor'),
        'one:busy': apiKey('one', 'busy'),
        'one:odd': apiKey('one', 'odd'),
        'one:silent': apiKey('one', 'silent'),
      },
      { usageStats },
    );
    const found = await probes();

    expect(found.map(({ profileId, status }) => [profileId, status])).toEqual([
      ['one:good', 'ok'],
      ['one:wrong', 'auth'],
      ['one:poor', 'billing'],
      ['one:busy', 'rate_limit'],
      ['one:odd', 'format'],
      ['one:silent', 'timeout'],
    ]);
    expect(found[1]!.error).toBe('Incorrect API key provided: ***');
    expect(stand.asked[0]).toMatchObject({ path: '/v1/chat/completions', body: { model: 'small', max_tokens: 8 } });
    expect(stand.asked).toHaveLength(6);
    expect(stand.mostAtOnce).toBeLessThanOrEqual(2);
    expect(store().usageStats).toEqual(usageStats);
  });

  it('shows each kind of credential in the header that the provider wants', async () => {
    stock(stateDir, 'main', {
      'two:key': apiKey('two', 'good'),
      'two:token': { type: 'token', provider: 'two', token: 'good' },
    });
    await probes('--probe-max-tokens 3 --probe-concurrency 1');

    expect(
      stand.asked.map(({ path, headers, body }) => [
        path,
        headers['x-api-key'],
        headers.authorization,
        headers['x-team'],
        body['max_tokens'],
      ]),
    ).toEqual([
      ['/v1/messages', 'good', undefined, 'blue', 3],
      ['/v1/messages', undefined, 'Bearer good', 'blue', 3],
    ]);
  });

  it('says why a profile was not asked about', async () => {
    stock(stateDir, 'main', {
      'two:other': apiKey('two', 'good'),
      'one:empty': apiKey('one', ''),
      'one:old': { type: 'token', provider: 'one', token: 'good', expires: 1 },
      'one:timeless': { type: 'token', provider: 'one', token: 'good', expires: -1 },
      'one:gone': keyRef('one', 'GONE'),
      'one:login': { type: 'oauth', provider: 'one', access: 'good', refresh: 'r', expires: 1 },
      'bare:key': apiKey('bare', 'good'),
      'elsewhere:key': apiKey('elsewhere', 'good'),
    });

    expect((await probes()).map(({ profileId, reasonCode }) => [profileId, reasonCode])).toEqual([
      ['two:other', 'excluded_by_auth_order'],
      ['one:empty', 'missing_credential'],
      ['one:old', 'expired'],
      ['one:timeless', 'invalid_expires'],
      ['one:gone', 'unresolved_ref'],
      ['one:login', 'expired'],
      ['bare:key', 'no_model'],
      ['elsewhere:key', 'no_model'],
    ]);
    expect(stand.asked).toEqual([]);
  });

  it('of some, where some are named, and counts in the exit code', async () => {
    stock(stateDir, 'main', {
      'one:a': apiKey('one', 'good'),
      'one:b': apiKey('one', 'wrong'),
      'two:key': apiKey('two', 'good'),
    });

    expect((await probes('--probe-provider two')).map(({ profileId }) => profileId)).toEqual(['two:key']);
    expect((await probes('--probe-profile one:a,two:key')).map(({ profileId }) => profileId)).toEqual([
      'one:a',
      'two:key',
    ]);
    expect((await run('models status --check --probe --probe-profile one:a')).code).toBe(0);
    expect((await run('models status --check --probe --probe-profile one:b')).code).toBe(1);
  });
});

describe('models auth', () => {
  it.each([
    ['add --provider openai --stdin', 'openai:default', { type: 'api_key', provider: 'openai', key: KEY }],
    [
      'add --provider openai --profile-id Work --stdin',
      'openai:work',
      { type: 'api_key', provider: 'openai', key: KEY },
    ],
    [
      'paste-token --provider openrouter --stdin',
      'openrouter:manual',
      { type: 'token', provider: 'openrouter', token: KEY },
    ],
    [
      'paste-token --provider openrouter --profile-id openrouter:x --expires-in 365d --stdin',
      'openrouter:x',
      { type: 'token', provider: 'openrouter', token: KEY, expires: expect.any(Number) },
    ],
    [
      'login --provider mistral --method api-key --stdin',
      'mistral:default',
      { type: 'api_key', provider: 'mistral', key: KEY },
    ],
  ])('%s', async (words, id, profile) => {
    const { code, stdout, stderr } = await run(`models auth ${words}`, piped(`${KEY}\n`));

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Stored ${id} for agent "main"`);
    expect(stdout).not.toContain(KEY);
    expect(store().profiles).toEqual({ [id]: profile });
    expect(statSync(storePath()).mode & 0o777).toBe(0o600);
    expect(config().auth.profiles).toEqual({ [id]: { provider: profile.provider, mode: profile.type } });
    expect(readFileSync(join(stateDir, 'doorward.json5'), 'utf8')).not.toContain(KEY);
  });

  it('asks a person without showing what is typed', async () => {
    const { code, stdout, stderr } = await run('models auth setup-token --provider anthropic', typed(SETUP_TOKEN));

    expect(code).toBe(0);
    expect(stderr).toContain('claude setup-token');
    expect(stdout + stderr).not.toContain(SETUP_TOKEN);
    expect(store().profiles['anthropic:default']).toEqual({ type: 'token', provider: 'anthropic', token: SETUP_TOKEN });
  });

  it('names every stored profile of the provider, so that none falls out of sight', async () => {
    stock(stateDir, 'main', { 'openai:old': apiKey('openai', 'x'), 'anthropic:old': apiKey('anthropic', 'x') });
    await run('models auth add --provider openai --stdin', piped(KEY));

    expect(Object.keys(config().auth.profiles).toSorted()).toEqual(['openai:default', 'openai:old']);
  });

  it('by the login of Claude Code, with a model to begin with (document 003)', async () => {
    mkdirSync(join(home, '.claude'));
    const claudeAiOauth = { accessToken: 'good', refreshToken: 'rt-1', expiresAt: Date.now() + HOUR };
    writeFileSync(join(home, '.claude', '.credentials.json'), JSON.stringify({ claudeAiOauth }));
    const stand = await ModelStand.start(() => ({
      status: 200,
      body: { data: [{ id: 'claude-newest' }, { id: 'claude-old' }] },
    }));
    configure({ models: { providers: { anthropic: { baseUrl: stand.url } } } });
    const { code } = await run('models auth login --provider anthropic --method cli --set-default');
    await stand.close();

    expect(code).toBe(0);
    expect(stand.asked).toMatchObject([{ path: '/v1/models', headers: { authorization: 'Bearer good' } }]);
    expect(config().agents.defaults.model).toBe('anthropic/claude-newest');
    expect(store().profiles).toHaveProperty('anthropic:claude-cli');
  });

  it.each(['add', 'paste-token'])('%s takes what is piped in without a word about it', async (way) => {
    const world = { ...piped(`${KEY}\n`), pause: () => new Promise<void>(() => undefined) };
    expect((await run(`models auth ${way} --provider openai`, world)).code).toBe(0);
    expect(JSON.stringify(store().profiles)).toContain(`"${KEY}"`);
  });

  it('waits for no pipe that is merely open', async () => {
    const open = { stdin: new Readable({ read() {} }), pause: () => Promise.resolve() };
    const { code, stderr } = await run('models auth add --provider openai', open);
    expect([code, stderr]).toEqual([2, expect.stringContaining('nobody can be asked here')]);
  });

  // prettier-ignore
  it.each<[words: string, code: number, message: string, world?: () => Change]>([
    ['setup-token --provider anthropic',                       2, 'needs a terminal'],
    ['add --provider openai',                                  2, 'nobody can be asked here',          () => ({ pause: () => Promise.resolve() })],
    ['add --provider openai --stdin',                          2, 'is empty',                          () => piped('\n')],
    ['add --provider openai --file /nonexistent',              2, 'it does not exist'],
    ['add --provider openai --agent nobody --stdin',           1, 'no such agent: nobody',             () => piped(KEY)],
    ['add --provider o/p --stdin',                             2, 'not a provider',                    () => piped(KEY)],
    ['add --provider openai --profile-id groq:x --stdin',      2, 'must begin with "openai:"',         () => piped(KEY)],
    ['login --provider openai --method telepathy',             2, 'it has: '],
    ['login --provider anthropic --method cli',                1, 'No credentials found: Claude Code'],
    ['paste-token --provider openai --expires-in soon --stdin', 2, 'such as 365d',                     () => piped(KEY)],
    ['add',                                                    2, "required option '--provider <id>'"],
  ])('%s: %i, and nothing is stored', async (words, code, message, world = () => ({})) => {
    const outcome = await run(`models auth ${words}`, world());

    expect(outcome).toMatchObject({ code, stderr: expect.stringContaining(message) });
    expect(outcome.stderr).not.toContain(KEY);
    expect(existsSync(storePath())).toBe(false);
    expect(existsSync(join(stateDir, 'doorward.json5'))).toBe(false);
  });

  it('stores the credential also when the config file cannot be changed', async () => {
    const checkConfig = () => Promise.reject(new Error('no space left'));
    const { code, stderr } = await run('models auth add --provider openai --stdin', { ...piped(KEY), checkConfig });

    expect(code).toBe(0);
    expect(stderr).toContain('the credential is stored, but the config file could not be changed: no space left');
    expect(store().profiles).toHaveProperty('openai:default');
  });
});

describe('models auth order', () => {
  beforeEach(() => {
    configure({ agents: { list: [{ id: 'main' }, { id: 'work' }] }, auth: { order: { openai: ['openai:a'] } } });
    stock(stateDir, 'main', {
      'anthropic:a': apiKey('anthropic', 'x'),
      'anthropic:b': apiKey('anthropic', 'y'),
      'openai:a': apiKey('openai', 'z'),
    });
  });

  it('is set, shown and cleared, for one agent at a time', async () => {
    expect(await run('models auth order set --provider anthropic anthropic:b anthropic:a --agent work')).toMatchObject({
      code: 0,
      stdout: 'anthropic:b\nanthropic:a\n',
    });
    expect(store('work').order).toEqual({ anthropic: ['anthropic:b', 'anthropic:a'] });
    expect(JSON.parse((await run('models auth order get --provider anthropic --agent work --json')).stdout)).toEqual({
      agent: 'work',
      provider: 'anthropic',
      order: ['anthropic:b', 'anthropic:a'],
      source: 'store',
    });
    expect((await run('models auth order get --provider anthropic')).stdout).toContain('has no order for anthropic');
    expect((await run('models auth order get --provider openai --json')).stdout).toContain('"source": "config"');
    await run('models auth order clear --provider anthropic --agent work');
    expect(store('work')).not.toHaveProperty('order');
  });

  it('does not take ids that are not there', async () => {
    const before = readFileSync(storePath(), 'utf8');
    const { code, stderr } = await run('models auth order set --provider anthropic anthropic:a openai:a');

    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('no such profile: openai:a; the profiles of anthropic are anthropic:a, anthropic:b'),
    ]);
    expect(readFileSync(storePath(), 'utf8')).toBe(before);
  });
});

describe('models set', () => {
  // prettier-ignore
  it.each([
    ['for all',                        {},                                                              'openai/gpt-5',              { defaults: { model: 'openai/gpt-5' } }],
    ['for all, beside fallbacks',      { defaults: { model: { primary: 'a/b', fallbacks: ['c/d'] } } }, 'openai/gpt-5',              { defaults: { model: { primary: 'openai/gpt-5', fallbacks: ['c/d'] } } }],
    ['by another name',                { defaults: { models: { 'openai/gpt-5': { alias: 'Best' } } } }, 'best',                      { defaults: { models: { 'openai/gpt-5': { alias: 'Best' } }, model: 'openai/gpt-5' } }],
    ['as document 004 writes it',      {},                                                              'openai:gpt-5',              { defaults: { model: 'openai/gpt-5' } }],
    ['for one',                        { list: [{ id: 'main' }, { id: 'work' }] },                      'openai/gpt-5 --agent work', { list: [{ id: 'main' }, { id: 'work', model: 'openai/gpt-5' }] }],
  ])('%s', async (_for, agents, words, after) => {
    configure({ agents });

    expect((await run(`models set ${words}`)).code).toBe(0);
    expect(config().agents).toEqual(after);
  });

  it('for one, while another is taken away', async () => {
    configure({ agents: { list: [{ id: 'main' }, { id: 'work' }, { id: 'home' }, { id: 'lab' }] } });
    const outcomes = await Promise.all([run('agents remove work --yes'), run('models set openai/gpt-5 --agent home')]);

    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    expect(config().agents.list).toEqual([{ id: 'main' }, { id: 'home', model: 'openai/gpt-5' }, { id: 'lab' }]);
  });

  it.each(['gpt-5', 'nowhere/gpt-5', '/', 'openai/'])('%s is none', async (model) => {
    expect(await run(`models set ${model}`)).toMatchObject({ code: 2 });
    expect(existsSync(join(stateDir, 'doorward.json5'))).toBe(false);
  });
});

it('models list shows what is asked and what is named, and whether it can be asked', async () => {
  configure({
    agents: { defaults: { model: { primary: 'openai/gpt-5', fallbacks: ['groq/fast'] } } },
    models: {
      providers: { own: { type: 'openai', baseUrl: 'http://127.0.0.1:1/v1', models: [{ id: 'tiny', name: 'Tiny' }] } },
    },
  });
  const { stdout } = await run('models list --json', { variables: { OPENAI_API_KEY: KEY } });

  expect(JSON.parse(stdout).models).toEqual([
    { model: 'openai/gpt-5', name: null, alias: null, available: true, use: 'default' },
    { model: 'groq/fast', name: null, alias: null, available: false, use: 'fallback 1' },
    { model: 'own/tiny', name: 'Tiny', alias: null, available: true, use: null },
  ]);
});

describe('the built program', () => {
  const place = new CliHome();
  beforeAll(built);
  afterAll(() => place.remove());

  it.each([
    ['nothing is there', {}, 1],
    ['a key', { 'openai:a': apiKey('openai', KEY) }, 0],
    [
      'a token that ends soon',
      { 'openai:a': { type: 'token', provider: 'openai', token: KEY, expires: Date.now() + HOUR } },
      2,
    ],
    ['a token that has ended', { 'openai:a': { type: 'token', provider: 'openai', token: KEY, expires: 1 } }, 1],
  ])('ends with the verdict, without a gateway: %s', async (_what, profiles, code) => {
    stock(place.stateDir, 'main', profiles);

    expect(await place.run(['models', 'status', '--check'])).toMatchObject({ code, stderr: '' });
  });
});

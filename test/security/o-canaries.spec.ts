import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SecretShape, secretShape } from '../../src/config/secret-shape.js';
import { ExecProvider } from '../../src/secrets/provider.settings.js';
import { SETTINGS } from '../../src/settings.js';
import { built, CliHome } from '../helpers/cli.js';
import { bearer } from '../helpers/gateway.js';
import { knock } from '../helpers/knock.js';
import { Replica } from '../helpers/replica.js';
import { until } from '../helpers/until.js';
import { Vault } from '../secrets/vault.js';

/** One of its own in every place, long enough not to be found by chance. */
const canary = (name: string): string => `canary-of-${name}-0123456789abcdef`;

let vault: Vault;
let home: CliHome;
let gateway: Replica;

/** By path: what stands there. A setting that becomes secret must be added here, or the first test fails. */
const PLACES: Readonly<Record<string, (vault: Vault) => unknown>> = {
  'gateway.auth.token': () => ({ source: 'exec', provider: 'keeper', id: 'token' }),
  'gateway.auth.password': () => ({ source: 'file', provider: 'kept', id: '/password' }),
  'redis.url': () => `redis://:${canary('redis')}@127.0.0.1:1/0`,
  'database.url': () => `postgres://doorward:${canary('database')}@127.0.0.1:1/none`,
  'database.encryptionKey': () => 'ca'.repeat(32),
  'accounts.mail.url': () => `smtps://ana:${canary('smtp')}@127.0.0.1:1`,
  'accounts.mail.password': () => canary('mail'),
  'accounts.oidc.*.clientSecret': () => '${OIDC_SECRET}',
  'auth.providers.*.clientSecret': () => canary('oauth'),
  'models.providers.*.apiKey': () => ({ source: 'exec', provider: 'keeper', id: 'model' }),
  'models.providers.*.headers': () => ({ 'x-key': canary('header'), 'x-other': '$HEADER_SECRET' }),
  'secrets.providers.*.env': () => ({ KEEPER_TOKEN: canary('keeper-env') }),
};

const ALL = [
  ...[
    'token',
    'password',
    'redis',
    'database',
    'smtp',
    'mail',
    'oidc',
    'oauth',
    'model',
    'header',
    'header-env',
    'keeper-env',
    'kept-beside',
    'query',
    'userinfo',
  ].map(canary),
  'ca'.repeat(32),
];

/** Every path that is marked, with `*` for a name that people choose. */
function marked(shape: SecretShape, path: readonly string[] = []): string[] {
  if ('confidence' in shape) return [path.join('.')];
  if ('entry' in shape) return marked(shape.entry(new ExecProvider()), [...path, '*']);
  return [...shape.fields].flatMap(([key, inner]) => marked(inner, [...path, key]));
}

const at = (path: string): unknown => PLACES[path]!(vault);

const config = (more: object = {}): Record<string, unknown> => ({
  gateway: { auth: { loopback: 'deny', token: at('gateway.auth.token'), password: at('gateway.auth.password') } },
  redis: { url: at('redis.url') },
  database: { mode: 'none', url: at('database.url'), encryptionKey: at('database.encryptionKey') },
  accounts: {
    mail: { url: at('accounts.mail.url'), password: at('accounts.mail.password'), from: 'doorward@example.com' },
    oidc: {
      example: {
        issuer: 'https://issuer.example',
        clientId: 'doorward',
        clientSecret: at('accounts.oidc.*.clientSecret'),
      },
    },
  },
  auth: {
    providers: {
      own: { clientId: 'doorward', issuer: 'https://own.example', clientSecret: at('auth.providers.*.clientSecret') },
    },
  },
  models: {
    providers: {
      own: {
        baseUrl: `https://ana:${canary('userinfo')}@models.example/v1?key=${canary('query')}`,
        apiKey: at('models.providers.*.apiKey'),
        headers: at('models.providers.*.headers'),
      },
    },
  },
  secrets: {
    providers: {
      kept: { source: 'file', path: vault.path('kept.json') },
      keeper: { source: 'exec', command: vault.path('keeper'), env: at('secrets.providers.*.env') },
    },
  },
  ...more,
});

beforeAll(built);
beforeAll(async () => {
  vault = new Vault();
  home = new CliHome();
  vault.file('kept.json', { password: canary('password'), beside: canary('kept-beside') });
  vault.keeper('keeper', { token: canary('token'), model: canary('model') });
  mkdirSync(home.stateDir, { mode: 0o700 });
  const env = { OIDC_SECRET: canary('oidc'), HEADER_SECRET: canary('header-env') };
  gateway = await Replica.start({ home, config: config(), env, args: ['--verbose'] });
});
afterAll(async () => {
  await gateway?.end();
  await home?.remove();
  vault?.remove();
});

const found = (text: string): string[] => ALL.filter((secret) => text.includes(secret));

/** All that the gateway has written, but not what we gave it. */
function written(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !(entry.name === 'doorward.json5' && entry.parentPath === home.stateDir))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

it('S163: every setting that is marked as secret has a canary here', () => {
  expect(marked(secretShape(SETTINGS)).toSorted()).toEqual(Object.keys(PLACES).toSorted());
});

it('S163, S193: no answer to anybody, admins too, holds one; references are shown as they are', async () => {
  const admin = bearer(canary('token'));
  const answers: string[] = [];
  for (const path of [
    '/api/v1/secrets',
    '/api/v1/config',
    '/api/v1/status',
    '/api/v1/whoami',
    '/api/v1/auth/chain',
    '/api/v1/models/status',
    '/v1/models',
    '/openapi.json',
    '/ready',
    '/health',
    '/api/v1/rate-limits',
  ]) {
    const { text, headers } = await gateway.get(path, admin);
    answers.push(text, JSON.stringify(headers));
  }
  const { status, body } = await gateway.get('/api/v1/config', admin);
  expect(status).toBe(200);
  expect(body.config.gateway.auth).toMatchObject({ token: { source: 'exec', provider: 'keeper', id: 'token' } });
  expect(body.config.redis.url).toBe('__DOORWARD_REDACTED__');
  expect(body.config.models.providers.own.headers).toEqual({
    'x-key': '__DOORWARD_REDACTED__',
    'x-other': '$HEADER_SECRET',
  });
  expect(body.config.models.providers.own.baseUrl).toBe('https://***:***@models.example/v1?key=***');
  expect(body.config.secrets.providers.keeper.env).toEqual({ KEEPER_TOKEN: '__DOORWARD_REDACTED__' });
  answers.push((await gateway.call('/api/v1/secrets/reload', { method: 'POST', headers: admin })).text);
  expect(answers.flatMap(found)).toEqual([]);
});

it('S163: no refusal, no failed reload, no command, no list of processes holds one', async () => {
  const texts: string[] = [];
  for (const door of ['REST', 'JSON-RPC', 'native'] as const) {
    texts.push((await knock(gateway, door, { token: canary('token') })).text);
    texts.push(
      (await knock(gateway, door, { token: `${canary('token')}x` })).text.replaceAll(`${canary('token')}x`, ''),
    );
  }
  texts.push(readFileSync(`/proc/${gateway.running.child.pid}/cmdline`, 'utf8'));

  vault.file('keeper.json', { down: true });
  texts.push(JSON.stringify(await gateway.reload(config())));
  texts.push((await gateway.call('/api/v1/secrets/reload', { method: 'POST', headers: bearer(canary('token')) })).text);
  // Lines reach the file a moment later, and the next reload is told from this one by their number.
  await until('the line of it', () => gateway.log().filter(({ trigger }) => trigger === 'rest').length === 2);
  const wrong = {
    gateway: { auth: { token: [canary('token')], password: { source: 'env', id: canary('password') } } },
  };
  texts.push(JSON.stringify(await gateway.reload(config(wrong))));
  vault.file('keeper.json', { token: canary('token'), model: canary('model') });
  expect(await gateway.reload(config())).toMatchObject({ msg: 'config: reloaded' });

  const env = {
    OIDC_SECRET: canary('oidc'),
    HEADER_SECRET: canary('header-env'),
    DOORWARD_GATEWAY_PORT: String(gateway.port),
  };
  for (const args of [
    ['config', 'validate'],
    ['config', 'validate', '--json'],
    ['status'],
    ['health', '--json'],
    ['logs'],
  ]) {
    const { stdout, stderr } = await home.run(args, { env });
    texts.push(stdout, stderr);
  }
  expect(texts.flatMap(found)).toEqual([]);
});

it('S163, S199: nothing that it printed or wrote holds one, and what it wrote is its own alone', async () => {
  writeFileSync(join(home.stateDir, 'doorward.json5'), '{ broken');
  await gateway.reload(`{ gateway: { auth: { token: "${canary('token')}" `);
  const { stdout, stderr } = await gateway.end();

  expect(found(stdout + stderr)).toEqual([]);
  expect(found(written(home.stateDir))).toEqual([]);
  for (const entry of readdirSync(home.stateDir, { recursive: true, withFileTypes: true })) {
    const { mode } = statSync(join(entry.parentPath, entry.name));
    expect([entry.name, (mode & 0o077).toString(8)]).toEqual([entry.name, '0']);
  }
});

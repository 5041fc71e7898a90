import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../src/config/config-error.js';
import { Environment } from '../../src/config/environment.js';
import { loadConfig } from '../../src/config/load.js';
import { RULES, SETTINGS } from '../../src/settings.js';
import { built, CliHome } from '../helpers/cli.js';
import { HOUSE_TOKEN } from '../helpers/gateway.js';
import { knock } from '../helpers/knock.js';
import { Replica } from '../helpers/replica.js';

let home: CliHome;

beforeAll(built);
beforeEach(() => (home = new CliHome()));
afterEach(() => home.remove());

/** A config file that stands outside of the state directory, which is therefore not there yet. */
function configFile(config: string | object): Record<string, string> {
  const path = join(home.path, 'elsewhere.json5');
  writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config), { mode: 0o600 });
  return { HOME: home.path, DOORWARD_CONFIG_PATH: path };
}

describe('a start in an empty home', () => {
  it('says address, methods in order, database and what is amiss, and lets this machine in', async () => {
    const gateway = await Replica.start({ home });
    await gateway.running.until(/warn +no credential is configured/, 'stderr');

    expect(gateway.running.stdout).toMatch(/^Doorward \d+\.\d+\.\d+/);
    expect(gateway.running.stdout).toMatch(/Address +http:\/\/127\.0\.0\.1:\d+\n/);
    expect(gateway.running.stdout).toMatch(/Methods +loopback → device-token → gateway-token\n/);
    expect(gateway.running.stdout).toContain(`embedded PostgreSQL in ${gateway.home.stateDir}/database`);
    await gateway.logged('gateway: database initialized');

    expect((await gateway.get('/ready')).body).toMatchObject({ ready: true });
    for (const door of ['REST', 'JSON-RPC', 'native'] as const) {
      expect(await knock(gateway, door, {})).toMatchObject({ outcome: 'loopback' });
      expect(await knock(gateway, door, { headers: { host: 'gateway.example.com' } })).toMatchObject({
        outcome: 'token_missing',
      });
    }
    expect((await gateway.end()).code).toBe(0);

    // Made for its owner alone, and nothing else beside it.
    expect(statSync(home.stateDir).mode & 0o777).toBe(0o700);
    expect(readdirSync(home.path)).toEqual(['.doorward']);
  });

  it('without any database warns of it, and lets static tokens in', async () => {
    const gateway = await Replica.start({
      home,
      env: { DOORWARD_DATABASE_MODE: 'none', OPENCLAW_GATEWAY_TOKEN: HOUSE_TOKEN },
    });
    await gateway.running.until(/warn +database\.mode is "none"/, 'stderr');

    expect(gateway.running.stdout).toMatch(/Methods +loopback → token\n/);
    expect(gateway.running.stdout).toMatch(/Database +no database\n/);
    const elsewhere = { host: 'gateway.example.com' };
    expect(await knock(gateway, 'REST', { token: HOUSE_TOKEN, headers: elsewhere })).toMatchObject({
      outcome: 'token',
    });
    const unknown = await knock(gateway, 'REST', { token: '0'.repeat(64), headers: elsewhere });
    expect(unknown).toMatchObject({ status: 401, outcome: 'token_mismatch' });
    expect((await gateway.get('/ready')).body).toMatchObject({ ready: true });
    await gateway.end();
  });
});

const auth = (settings: object, more: object = {}): object => ({ gateway: { auth: settings, ...more } });
const LONG = 'canary-secret-of-the-house';

// prettier-ignore
const BAD: [what: string, config: string | object, named: string[]][] = [
  ['S014: others could come in, and nobody could be told from anybody', auth({}, { bind: 'lan' }),                    ['gateway.auth']],
  ['S014: the same with an empty token',            auth({ token: '' }, { bind: 'lan' }),                             ['gateway.auth']],
  ['S014: the same with a database that is turned off', { gateway: { bind: 'lan' }, database: { mode: 'none', url: 'postgres://u@localhost/d' } }, ['gateway.auth']],
  ['mode none, where others reach it',              auth({ mode: 'none', token: LONG }, { bind: 'lan' }),             ['gateway.auth.mode']],
  ['mode token without one',                        auth({ mode: 'token' }),                                          ['gateway.auth.token']],
  ['mode password without one',                     auth({ mode: 'password' }),                                       ['gateway.auth.password']],
  ['S046: a proxy is trusted, and none is listed',  auth({ mode: 'trusted-proxy', trustedProxy: { userHeader: 'x-user' } }), ['gateway.trustedProxies']],
  ['a proxy is trusted, and no header named',       auth({ mode: 'trusted-proxy' }, { trustedProxies: ['10.0.0.1'] }), ['gateway.auth.trustedProxy.userHeader']],
  ['an address that is none',                       { gateway: { trustedProxies: ['10.0.0.1/33'] } },                 ['gateway.trustedProxies']],
  ['S153: a mode that nobody knows',                auth({ mode: 'tokne', token: LONG }),                             ['gateway.auth.mode']],
  ['S055: a Tailscale mode that nobody knows',      { gateway: { tailscale: { mode: 'maybe' } } },                    ['gateway.tailscale.mode']],
  ['S023: a scope that nobody knows',               auth({ identityScopes: { '*': ['operator.Admin'] } }),            ['gateway.auth.identityScopes']],
  ['a port that is none',                           { gateway: { port: 70_000 } },                                    ['gateway.port']],
  ['an unknown key, with the nearest known one',    { gateway: { auth: { tokn: LONG } } },                            ['gateway.auth.tokn: unknown key; did you mean "gateway.auth.token"?']],
  ['S059: a placeholder',                           auth({ token: 'change-me-please-change-me' }),                    ['gateway.auth.token']],
  ['S059: a secret that is short',                  auth({ password: 'canary' }),                                     ['gateway.auth.password']],
  ['S027: a star among origins',                    { gateway: { controlUi: { allowedOrigins: ['*'] } } },            ['gateway.controlUi.allowedOrigins']],
  ['a URL that is no database',                     { database: { url: 'mysql://root:canary@localhost/x' } },         ['database.url']],
  ['S062: no JSON',                                 '{ gateway: { auth: {',                                           ['elsewhere.json5']],
  ['S062: a list',                                  '[]',                                                             ['elsewhere.json5']],
  ['funnel without a password',                     { gateway: { tailscale: { mode: 'funnel' } } },                   ['gateway.tailscale.mode']],
  ['all of it together',                            { gateway: { port: 'x', bind: 'everywhere', prot: 1, auth: { mode: 'tokne', password: 'canary' } }, database: { poolSize: 0 } },
    ['gateway.port', 'gateway.bind', 'gateway.prot', 'gateway.auth.mode', 'gateway.auth.password', 'database.poolSize']],
];

/** One of each kind: what stands in the way of a key, of a file, of two keys together, of everything. */
const TRIED = ['S014: others could', 'S046', 'S062: no JSON', 'all of it together'];

describe('what no gateway starts with', () => {
  it.each(BAD)('%s', async (_what, config, named) => {
    const env = new Environment(configFile(config));
    const error: unknown = await loadConfig({ env, settings: SETTINGS, rules: RULES }).catch(
      (thrown: unknown) => thrown,
    );

    expect(error).toBeInstanceOf(ConfigError);
    for (const word of named) expect(String(error)).toContain(word);
    expect(String(error)).not.toContain('canary');
  });

  it.each(BAD.filter(([what]) => TRIED.some((tried) => what.startsWith(tried))))(
    'the program ends with 78 and writes nothing: %s',
    async (_what, config, named) => {
      const { code, stdout, stderr } = await home.run(['gateway', 'run'], { env: configFile(config) });

      expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
      for (const word of named) expect(stderr).toContain(word);
      expect(stderr).not.toContain('canary');
      expect(readdirSync(home.path)).toEqual(['elsewhere.json5']);
    },
  );

  it('two config files at once, both named', async () => {
    mkdirSync(home.stateDir, { mode: 0o700 });
    for (const name of ['doorward.json5', 'openclaw.yaml']) writeFileSync(join(home.stateDir, name), '{}');
    const { code, stderr } = await home.run(['gateway', 'run', '--port', '0']);

    expect(code).toBe(78);
    expect(stderr).toContain('doorward.json5');
    expect(stderr).toContain('openclaw.yaml');
    expect(readdirSync(home.stateDir).toSorted()).toEqual(['doorward.json5', 'openclaw.yaml']);
  });

  it('a flag that does not fit the file', async () => {
    const env = configFile({ gateway: { auth: { mode: 'none' } } });
    const { code, stderr } = await home.run(['gateway', 'run', '--bind', 'lan'], { env });

    expect(code).toBe(78);
    expect(stderr).toContain('gateway.auth.mode');
    expect(existsSync(home.stateDir)).toBe(false);
  });
});

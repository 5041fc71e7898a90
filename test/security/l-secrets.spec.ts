import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { built, CliHome, type Finished } from '../helpers/cli.js';
import { bearer } from '../helpers/gateway.js';
import { Replica } from '../helpers/replica.js';
import { CANARY, Vault } from '../secrets/vault.js';

let vault: Vault;
let home: CliHome;

beforeAll(built);
beforeEach(() => {
  vault = new Vault();
  home = new CliHome();
});
afterEach(async () => {
  await home.remove();
  vault.remove();
});

const exec = (name: string, more: object = {}): object => ({ source: 'exec', command: vault.path(name), ...more });
const asks = (id = 'x'): object => ({ source: 'exec', provider: 'p', id });

const config = (token: unknown, providers: object = {}, more: object = {}): object => ({
  database: { mode: 'none' },
  gateway: { auth: { loopback: 'deny', token } },
  secrets: { providers, resolution: { startBudgetMs: 0 } },
  ...more,
});

function write(content: object): void {
  mkdirSync(home.stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(join(home.stateDir, 'doorward.json5'), JSON.stringify(content), { mode: 0o600 });
}

/** A start that must fail: with exit code 78, before anybody could come in, and without a secret in what it says. */
async function refused(content: object, env: Record<string, string> = {}): Promise<Finished> {
  write(content);
  const finished = await home.run(['gateway', 'run', '--port', '0'], { env });
  expect(finished.code).toBe(78);
  expect(finished.stdout).toBe('');
  expect(finished.stderr).not.toContain('canary');
  return finished;
}

describe('S158: a helper that a start depends on', () => {
  // prettier-ignore
  it.each([
    ['hangs',            `setInterval(() => {}, 1000)`,                                                   { timeoutMs: 500 },        'did not end within 500 ms'],
    ['floods stdout',    `const f = () => { while (process.stdout.write('x'.repeat(65536))); }; process.stdout.on('drain', f); f()`, { maxOutputBytes: 1000 }, 'printed more than 1000 bytes'],
    ['floods stderr',    `const f = () => { while (process.stderr.write('${CANARY}'.repeat(999))); }; process.stderr.on('drain', f); f()`, { maxOutputBytes: 1000 }, 'printed more than 1000 bytes'],
    ['exits 1',          `process.stderr.write('${CANARY}'); process.exit(1)`,                            {},                        'ended with status 1'],
    ['prints no JSON',   `process.stdout.write('${CANARY}')`,                                             { jsonOnly: true },        'did not print JSON of the protocol'],
    ['forks and hangs',  `require('node:child_process').spawn('/bin/sleep', ['600'], { stdio: 'inherit' }); setInterval(() => {}, 1000)`, { timeoutMs: 500 }, 'did not end within 500 ms'],
  ])('that %s: closed, in bounded time, with key, provider, id and remedy', async (_, body, limits, sentence) => {
    vault.program('p', body);
    const { stderr } = await refused(config(asks('house/key'), { p: exec('p', limits) }));
    expect(stderr).toMatch(/gateway\.auth\.token: cannot be had from exec provider "p", id "house\/key": .*; /);
    expect(stderr).toContain(sentence);
  });
});

describe('S160: a secret that cannot be had', () => {
  it('is not replaced by another one: the password that a variable gives does not make the start', async () => {
    const { stderr } = await refused(config('${NOWHERE}'), { DOORWARD_GATEWAY_PASSWORD: CANARY });
    expect(stderr).toContain('NOWHERE is not set, or blank');
  });

  it('nor by a variable of the same name with another prefix that is blank', async () => {
    const blank = { DOORWARD_GATEWAY_TOKEN: '', OPENCLAW_GATEWAY_TOKEN: ' ' };
    const { stderr } = await refused(config(asks(), { p: exec('absent') }), blank);
    expect(stderr).toContain('absent cannot be run: it does not exist');
  });

  it('is not needed where a variable gives it, which is said', async () => {
    write(config(asks(), { p: exec('absent') }));
    const gateway = await Replica.start({ home, env: { DOORWARD_GATEWAY_TOKEN: CANARY } });
    const line = gateway.log().find(({ event }) => event === 'SECRETS_GATEWAY_AUTH_SURFACE');
    expect(line).toMatchObject({
      path: 'gateway.auth.token',
      state: 'inactive',
      reason: 'DOORWARD_GATEWAY_TOKEN is set',
    });
    expect((await gateway.get('/api/v1/whoami', bearer(CANARY))).status).toBe(200);
    await gateway.end();
  });

  it('on the command line ends the search for one: nothing else is shown, and the reason is told', async () => {
    write(config(asks(), { p: exec('absent') }, {}));
    const gateway = await Replica.start({ home, env: { DOORWARD_GATEWAY_TOKEN: CANARY } });
    write(
      config(
        asks(),
        { p: exec('absent') },
        { gateway: { port: gateway.port, auth: { loopback: 'deny', token: asks(), password: CANARY } } },
      ),
    );

    const { code, stderr } = await home.run(['status', '--json']);
    expect(code).toBe(1);
    expect(stderr).toContain('GATEWAY_SECRET_REF_UNAVAILABLE');
    expect(stderr).toContain(
      'gateway.auth.token cannot be had here: exec provider \\"p\\", id \\"x\\", is kept by a program',
    );
    await gateway.end();
  });

  it.each(['env', 'file'])('in %s is followed by the command line itself', async (source) => {
    vault.file('kept', CANARY);
    const token = {
      source,
      provider: source === 'env' ? 'default' : 'kept',
      id: source === 'env' ? 'HOUSE_KEY' : 'value',
    };
    const providers = { kept: { source: 'file', path: vault.path('kept'), mode: 'singleValue' } };
    write(config(token, providers));
    const env = { HOUSE_KEY: CANARY };
    const gateway = await Replica.start({ home, env });

    const port = { DOORWARD_GATEWAY_PORT: String(gateway.port) };
    expect(await home.run(['status', '--json'], { env: { ...env, ...port } })).toMatchObject({ code: 0 });
    await gateway.end();
  });
});

describe('S162: a variable', () => {
  // prettier-ignore
  it.each([
    ['that is not set',            '${HOUSE_KEY}',                                          {},                    'HOUSE_KEY is not set, or blank'],
    ['that is empty',              { source: 'env', id: 'HOUSE_KEY' },                      { HOUSE_KEY: '' },     'HOUSE_KEY is not set, or blank'],
    ['that is blank',              '$HOUSE_KEY',                                            { HOUSE_KEY: '  ' },   'HOUSE_KEY is not set, or blank'],
    ['with an odd name',           { source: 'env', id: 'house.key' },                      { 'house.key': CANARY }, 'is no name of a variable'],
    ['outside the allow list',     { source: 'env', provider: 'few', id: 'HOUSE_KEY' },     { HOUSE_KEY: CANARY }, 'HOUSE_KEY is not in the allow list of the provider; add'],
  ])('%s stops the start', async (_, token, env, sentence) => {
    const { stderr } = await refused(config(token, { few: { source: 'env', allowlist: ['OTHER_KEY'] } }), env);
    expect(stderr).toContain(sentence);
  });
});

describe('S164: a part that is switched off', () => {
  it('lets the gateway start with a broken reference, says so, and cannot be switched on while it is broken', async () => {
    const content = (mode: string): object => ({
      ...config('${HOUSE_KEY}'),
      gateway: { auth: { loopback: 'deny', mode, token: '${HOUSE_KEY}', password: asks() } },
      secrets: { providers: { p: exec('p') } },
    });
    vault.program('p', 'process.exit(1)');
    write(content('token'));
    const gateway = await Replica.start({ home, env: { HOUSE_KEY: CANARY } });
    const line = gateway.log().find(({ path }) => path === 'gateway.auth.password');
    expect(line).toMatchObject({ state: 'inactive', reason: 'gateway.auth.mode is "token"' });

    expect(await gateway.reload(JSON.stringify(content('password')))).toMatchObject({ level: 'error' });
    expect((await gateway.get('/api/v1/whoami', bearer(CANARY))).body.method).toBe('token');
    expect(await gateway.reload(JSON.stringify(content('token')))).toMatchObject({ msg: 'config: reloaded' });
    await gateway.end();
  });
});

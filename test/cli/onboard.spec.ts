import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import JSON5 from 'json5';
import { Desk } from '../secrets/desk.js';
import type { Outcome } from './in-process.js';

const TOKEN = 'canary-house-0f6d1c0e3a5b49d2a7c48d1f';
const OTHER = 'canary-other-9b7a6c5d4e3f2a1b0c9d8e7f';
const KEY = 'sk-canary-model-key-0123456789';
const CONFIG = '.doorward/doorward.json5';
const PROFILES = '.doorward/agents/main/agent/auth-profiles.json';

let desk: Desk;
beforeEach(() => (desk = new Desk()));
afterEach(() => desk.remove());

type Typing = Parameters<Desk['run']>[1];

/** What came of it; whatever it said, no secret was in it. */
async function onboard(flags: string, typing?: Typing): Promise<Outcome> {
  const outcome = await desk.run(`onboard ${flags}`, typing);
  expect(outcome.stdout + outcome.stderr).not.toContain('canary');
  return outcome;
}

const script = (flags = '', typing?: Typing): Promise<Outcome> => onboard(`--non-interactive ${flags}`, typing);

// What a test reads is what it expects; a wrong shape fails its expectation.
// oxlint-disable-next-line typescript/no-explicit-any
const config = (): any => JSON5.parse(desk.read(CONFIG));

const mode = (name: string): number => statSync(desk.path(name)).mode & 0o777;

describe('the first run of a person', () => {
  it('with every default makes a token, and tells where it is without showing it', async () => {
    const { code, stdout, stderr } = await onboard('', { typed: ['', '', '', '', '', ''] });

    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('gateway.auth.token      generated') });
    expect(stderr).toContain(`Config file: ${desk.path(CONFIG)} (it does not exist yet)`);
    expect(stdout).toContain('Next:\n  doorward gateway run\n  doorward status\n');
    const { gateway } = config();
    expect(gateway).toEqual({
      port: 18789,
      bind: 'loopback',
      auth: { mode: 'token', token: expect.stringMatching(/^[0-9a-f]{64}$/) },
      tailscale: { mode: 'off' },
    });
    expect(stdout + stderr).not.toContain(gateway.auth.token);
    expect([mode(CONFIG), mode('.doorward')]).toEqual([0o600, 0o700]);
    expect(readdirSync(desk.state)).toEqual(['doorward.json5']);

    expect(stdout).toContain(
      `The token stands in ${desk.path(CONFIG)}, which is yours alone to read: gateway.auth.token`,
    );
    expect(await desk.run('config validate')).toMatchObject({ code: 0 });
  });

  it('takes answers, asks again for what is none, and stores the key where `models auth add` puts it', async () => {
    const password = [TOKEN, OTHER, TOKEN, TOKEN];
    const typed = ['x', '70000', '19000', '2', '2', ...password, '2', '1', 'a key', KEY, 'gpt', 'anthropic/claude'];
    const { code, stdout, stderr } = await onboard('', { typed });

    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Give a number from 0 to 65535') });
    expect(stderr).toContain('These are two different ones.');
    expect(stderr).toContain('holds a space');
    expect(stderr).toContain('not a model: gpt');
    expect(config()).toMatchObject({
      gateway: { port: 19_000, bind: 'lan', auth: { mode: 'password', password: TOKEN } },
      auth: { profiles: { 'anthropic:default': { provider: 'anthropic', mode: 'api_key' } } },
      agents: { defaults: { model: 'anthropic/claude' } },
    });
    expect(stdout).toContain(desk.path(PROFILES));
    expect(JSON.parse(desk.read(PROFILES))).toMatchObject({ profiles: { 'anthropic:default': { key: KEY } } });
    expect(mode(PROFILES)).toBe(0o600);
  });

  it('refers to variables, after a look at whether they are set', async () => {
    // port, bind, auth, token by reference: three tries; tailscale, openai by reference, no model
    const typed = ['', '', '1', '3', 'lower', 'MISSING', 'HOUSE', '', '11', '', '', ''];
    const { code, stderr } = await onboard('', { typed, env: { HOUSE: TOKEN, OPENAI_API_KEY: KEY } });

    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('is no name of a variable') });
    expect(stderr).toContain('MISSING is not set');
    expect(stderr).toContain('doorward models set openai/<model>');
    expect(config().gateway.auth.token).toEqual({ source: 'env', provider: 'default', id: 'HOUSE' });
    const { profiles } = JSON.parse(desk.read(PROFILES)) as { profiles: object };
    expect(profiles).toEqual({
      'openai:default': {
        type: 'api_key',
        provider: 'openai',
        keyRef: { source: 'env', provider: 'default', id: 'OPENAI_API_KEY' },
      },
    });
  });

  it.each([0, 1, 2, 3, 4, 5])('that ends after %d answers leaves nothing behind', async (answers) => {
    const { code, stderr } = await onboard('', { typed: Array<string>(answers).fill('') });

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('nothing was changed') });
    expect(desk.has('.doorward')).toBe(false);
  });

  it('is no conversation with a script: exit 2, and what to do', async () => {
    const { code, stdout, stderr } = await onboard('', { input: 'y\n' });

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('doorward onboard --non-interactive');
    expect(desk.has('.doorward')).toBe(false);
  });
});

describe('the first run of a script', () => {
  // prettier-ignore
  it.each<[flags: string, typing: Typing, auth: object]>([
    ['',                                      {},                     { mode: 'token', token: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    ['--gateway-token-file {token}',          {},                     { mode: 'token', token: TOKEN }],
    ['--gateway-token-file -',                { input: `${TOKEN}\n` }, { mode: 'token', token: TOKEN }],
    ['--gateway-token-ref-env HOUSE',         { env: { HOUSE: TOKEN } }, { mode: 'token', token: { source: 'env', provider: 'default', id: 'HOUSE' } }],
    ['--auth password --password-file {token}', {},                   { mode: 'password', password: TOKEN }],
    ['--bind lan',                            {},                     { mode: 'token', token: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    ['',                                      { env: { DOORWARD_GATEWAY_TOKEN: TOKEN } }, { mode: 'token' }],
    ['',                                      { env: { DOORWARD_GATEWAY_BIND: 'lan' } }, { mode: 'token', token: expect.stringMatching(/^[0-9a-f]{64}$/) }],
  ])('%s %j', async (flags, typing, auth) => {
    const { code } = await script(flags.replace('{token}', desk.file('token', `${TOKEN}\n`)), typing);

    expect({ code, auth: config().gateway.auth }).toEqual({ code: 0, auth });
    expect(mode(CONFIG)).toBe(0o600);
    expect(await desk.run('config validate', typing)).toMatchObject({ code: 0 });
  });

  it('gives a flag for each answer, and --json prints one object', async () => {
    const key = desk.file('key', KEY);
    const { code, stdout } = await script(
      `--json --port 18790 --bind custom --custom-bind-host 127.0.0.2 --tailscale off --auth-choice openai --model-key-file ${key} --model openai/gpt-5`,
    );

    expect({ code, ...(JSON.parse(stdout) as object) }).toEqual({
      code: 0,
      configPath: desk.path(CONFIG),
      mode: 'new',
      changed: true,
      backup: null,
      written: {
        'gateway.port': 18_790,
        'gateway.bind': 'custom',
        'gateway.customBindHost': '127.0.0.2',
        'gateway.auth.mode': 'token',
        'gateway.auth.token': 'generated',
        'gateway.tailscale.mode': 'off',
        'auth.profiles.openai:default': 'api_key',
        'agents.defaults.model': 'openai/gpt-5',
      },
      credential: desk.path(PROFILES),
      token: { file: desk.path(CONFIG), path: 'gateway.auth.token' },
      notes: [],
      remaining: [],
      next: ['doorward gateway run', 'doorward status'],
    });
    expect(config().agents.defaults.model).toBe('openai/gpt-5');
  });

  it('--secret-input-mode ref writes no secret anywhere', async () => {
    const env = { HOUSE: TOKEN, GEMINI_API_KEY: KEY };
    const flags = '--secret-input-mode ref --gateway-token-ref-env HOUSE --auth-choice google';

    expect(await script(flags, { env })).toMatchObject({ code: 0 });
    expect(desk.read(CONFIG) + desk.read(PROFILES)).not.toContain('canary');
    expect(desk.read(PROFILES)).toContain('GEMINI_API_KEY');
  });

  it('a provider that needs no key is asked for none', async () => {
    expect(await script('--auth-choice ollama --model ollama/llama3')).toMatchObject({ code: 0 });
    expect(desk.has(PROFILES)).toBe(false);
  });
});

describe('a config file that is there', () => {
  const FILE = `// ours\n{\n  gateway: {\n    port: 18790, // the port\n    auth: { token: '${TOKEN}' },\n  },\n  channels: {},\n}\n`;

  it('keep changes nothing in it, and adds what is missing', async () => {
    desk.put('doorward.json5', FILE, 0o644);
    const { code, stdout } = await script();

    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.not.stringContaining('gateway.port') });
    expect(desk.read(CONFIG)).toBe(
      FILE.replace("' },\n  },", "' },\n    bind: 'loopback',\n    tailscale: {\n      mode: 'off'\n    },\n  },"),
    );
    expect(mode(CONFIG)).toBe(0o600);
    expect(await script()).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to change') });
  });

  it('keep takes flags that say the same, and is refused what says something else', async () => {
    desk.put('doorward.json5', FILE);
    expect(await script(`--port 18790 --gateway-token-file ${desk.file('token', TOKEN)}`)).toMatchObject({ code: 0 });
    const before = desk.read(CONFIG);
    for (const other of ['--port 18791', `--gateway-token-file ${desk.file('other', OTHER)}`, '--tailscale serve']) {
      const { code, stderr } = await script(other);

      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('stands there already') });
      expect(stderr).toContain('--mode modify');
      expect(desk.read(CONFIG)).toBe(before);
    }
  });

  it('keep asks a person for what is missing alone', async () => {
    desk.put('doorward.json5', FILE);
    const { code, stderr } = await onboard('', { typed: ['1', '', '', ''] });

    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Who can reach the gateway?') });
    expect(stderr).not.toMatch(/Which port|come in\?\n/);
    expect(config().gateway).toMatchObject({ port: 18_790, auth: { token: TOKEN }, bind: 'loopback' });
  });

  it('modify has what it says as the default', async () => {
    desk.put('doorward.json5', FILE);
    // mode, port, bind, auth as it is, no provider
    const { code, stderr } = await onboard('', { typed: ['2', '', '2', '', ''] });

    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Which port? [18790]') });
    expect(config().gateway).toEqual({ port: 18_790, bind: 'lan', auth: { token: TOKEN }, tailscale: { mode: 'off' } });
    expect(desk.read(CONFIG)).toContain('// the port');

    expect(await script(`--mode modify --port 18791 --gateway-token-file ${desk.file('o', OTHER)}`)).toMatchObject({
      code: 0,
    });
    expect(config().gateway).toMatchObject({ port: 18_791, bind: 'lan', auth: { mode: 'token', token: OTHER } });
  });

  it('another way in leaves the one before in the file, and says so', async () => {
    desk.put('doorward.json5', FILE);
    const { code, stderr } = await script(`--mode modify --auth password --password-file ${desk.file('p', OTHER)}`);

    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('doorward config unset gateway.auth.token'),
    });
    expect(config().gateway.auth).toEqual({ mode: 'password', password: OTHER, token: TOKEN });
  });

  it('one that is wrong is not called well because nothing is missing in it', async () => {
    const wrong =
      "{ gateway: { prot: 1, port: 1, bind: 'loopback', auth: { mode: 'none' }, tailscale: { mode: 'off' } } }";
    desk.put('doorward.json5', wrong);

    expect(await script()).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('gateway.prot: ') });
    expect(desk.read(CONFIG)).toBe(wrong);
  });

  it('a proxy that vouches for people is a way in, and one that is switched off is none', async () => {
    const proxy = (enabled: boolean): string =>
      JSON.stringify({
        gateway: {
          trustedProxies: ['10.0.0.1'],
          auth: { trustedProxy: { enabled, userHeader: 'x-user', allowUsers: ['ana'] } },
        },
      });
    for (const enabled of [true, false]) {
      desk.put('doorward.json5', proxy(enabled));
      expect(await script('--bind lan')).toMatchObject({ code: 0 });
      expect('token' in config().gateway.auth).toBe(!enabled);
    }
  });

  it.each([
    ['doorward.json5', FILE],
    ['doorward.yaml', `# ours\ngateway:\n  port: 18790\n`],
    ['doorward.json', '{ this is no JSON5'],
  ])('reset begins %s anew, and keeps what was there beside it', async (name, before) => {
    desk.put(name, before, 0o644);
    const { code, stdout } = await script('--mode reset --json');
    const { backup, mode: told } = JSON.parse(stdout) as { backup: string; mode: string };

    expect({ code, told }).toEqual({ code: 0, told: 'reset' });
    expect(backup.startsWith(join(desk.state, `${name}.`))).toBe(true);
    const kept = backup.slice(desk.home.length + 1);
    expect([desk.read(kept), mode(kept), mode(`.doorward/${name}`)]).toEqual([before, 0o600, 0o600]);
    expect(await desk.run('config get gateway --show-origin')).toMatchObject({
      stdout: expect.stringMatching(/^gateway\.port +18789 +\(\//m),
    });
    expect(desk.read(`.doorward/${name}`)).not.toContain('ours');
  });

  it.each([
    ['no to the reset', ['3', '']],
    ['the end of input', ['3']],
    ['leave it', ['4']],
  ])('%s changes nothing', async (_, typed) => {
    desk.put('doorward.json5', FILE);

    expect(await onboard('', { typed })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing was changed'),
    });
    expect([desk.read(CONFIG), readdirSync(desk.state)]).toEqual([FILE, ['doorward.json5']]);
  });

  it('yes to the reset does it', async () => {
    desk.put('doorward.json5', FILE);

    expect(await onboard('', { typed: ['3', 'yes', '', '', '', '', '', ''] })).toMatchObject({ code: 0 });
    expect(config().gateway.auth.token).toMatch(/^[0-9a-f]{64}$/);
  });

  it('a key that is stored already is kept too', async () => {
    const add = (text: string, more = ''): Promise<Outcome> =>
      script(`--auth-choice openai --model-key-file ${desk.file('key', text)} ${more}`);
    expect(await add(KEY)).toMatchObject({ code: 0 });
    const before = desk.read(PROFILES);

    expect(await add(KEY)).toMatchObject({ code: 0 });
    expect(await add('sk-canary-another')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('openai:default'),
    });
    expect(desk.read(PROFILES)).toBe(before);
    expect(await add('sk-canary-another', '--mode modify')).toMatchObject({ code: 0 });
    expect(desk.read(PROFILES)).toContain('sk-canary-another');
  });

  it('two of them at once are named, and none is taken', async () => {
    desk.put('doorward.json5', FILE);
    desk.put('openclaw.json', '{}');

    expect(await script('--mode reset')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there are several config files'),
    });
    expect(desk.read(CONFIG)).toBe(FILE);
  });
});

describe('a wrong answer names itself, and leaves everything as it was', () => {
  const FILE = `{ gateway: { auth: { mode: 'none' } } } // ours\n`;

  // prettier-ignore
  it.each<[flags: string, code: number, said: string]>([
    ['--port 70000',                                          2, '--port is no port number'],
    ['--bind everywhere',                                     2, 'Allowed choices are loopback, lan'],
    ['--auth none',                                           2, 'Allowed choices are token, password'],
    ['--gateway-token abc',                                   2, "unknown option '--gateway-token'"],
    ['--gateway-token-file {a} --gateway-token-ref-env A',    2, '--gateway-token-file and --gateway-token-ref-env were both given'],
    ['--auth password --gateway-token-file {a}',              2, '--auth password takes --password-file'],
    ['--auth token --password-file {a}',                      2, '--auth token takes no --password-file'],
    ['--gateway-token-file - --model-key-file -',             2, 'standard input (-) can hold one secret only'],
    ['--secret-input-mode ref --gateway-token-file {a}',      2, 'takes no --gateway-token-file'],
    ['--secret-input-mode plaintext --gateway-token-ref-env A', 2, 'takes no --gateway-token-ref-env'],
    ['--mode modify --secret-input-mode ref',                 2, '--gateway-token-ref-env <NAME>'],
    ['--mode modify --gateway-token-file /nowhere',           2, '--gateway-token-file /nowhere cannot be read'],
    ['--mode modify --gateway-token-file {short}',            1, 'gateway.auth.token: must be a secret of 16 characters'],
    [`--mode modify --gateway-token-ref-env ${TOKEN}`,        2, 'is no name of a variable'],
    ['--mode modify --gateway-token-ref-env NOT_THERE',       1, 'NOT_THERE is not set'],
    ['--mode modify --auth password',                         2, '--password-file'],
    ['--mode modify --bind custom',                           2, 'gateway.customBindHost is missing'],
    ['--mode modify --bind custom --custom-bind-host nine',   1, 'gateway.customBindHost: '],
    ['--mode modify --bind lan --tailscale serve',            1, 'gateway.bind: must be "loopback" while gateway.tailscale.mode is "serve"'],
    ['--mode keep --bind lan',                                1, 'gateway.auth.mode: "none" is for a gateway that only this machine reaches'],
    ['--mode keep --auth token',                              2, 'gateway.auth.mode stands there already'],
    ['--auth-choice nobody',                                  2, 'nobody is no provider'],
    ['--auth-choice openai-codex',                            2, 'doorward models auth login'],
    ['--auth-choice openai',                                  2, '--model-key-file'],
    ['--auth-choice openai --model-key-ref-env NOT_THERE',    1, 'NOT_THERE is not set'],
    ['--model-key-file {a}',                                  2, '--auth-choice <provider>'],
    ['--mode modify --auth-choice openai --model-key-file {a} --model nobody/x', 2, 'no such provider: nobody'],
    ['--mode modify --auth-choice openai --model-key-file {a} --bind lan --tailscale serve', 1, 'gateway.bind: '],
    ['--mode reset --gateway-token-file {short}',             1, 'gateway.auth.token'],
  ])('%s', async (flags, code, said) => {
    desk.put('doorward.json5', FILE, 0o644);
    const line = flags.replaceAll('{a}', desk.file('a', TOKEN)).replaceAll('{short}', desk.file('short', 'canary'));
    const outcome = await script(line);

    expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code, stdout: '' });
    expect(outcome.stderr).toContain(said);
    expect([desk.read(CONFIG), mode(CONFIG), readdirSync(desk.state)]).toEqual([FILE, 0o644, ['doorward.json5']]);
  });

  it('--json says it as JSON', async () => {
    const { code, stderr } = await script('--json --auth-choice nobody');

    expect(code).toBe(2);
    expect(JSON.parse(stderr.slice(stderr.indexOf('{')))).toMatchObject({ error: { exitCode: 2 } });
  });
});

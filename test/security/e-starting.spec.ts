import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ConfigError } from '../../src/config/config-error.js';
import { boot } from '../../src/main.js';
import { newStateDir } from '../helpers/embedded.js';
import { HOUSE_TOKEN, startGateway } from '../helpers/gateway.js';
import { freePort } from '../helpers/redis-server.js';
import { World } from '../helpers/world.js';

interface Place {
  readonly config?: object | string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Done to the state directory before the start. */
  readonly prepare?: (stateDir: string) => void;
}

/** Why a gateway refuses to start; its port is never opened. */
async function refusal({ config = {}, environment = {}, prepare }: Place): Promise<Error> {
  const stateDir = newStateDir();
  const port = await freePort();
  writeFileSync(join(stateDir, 'doorward.json5'), typeof config === 'string' ? config : JSON.stringify(config));
  prepare?.(stateDir);
  const options = {
    overrides: { 'gateway.port': port, 'database.mode': 'none' },
    verbose: false,
    terminal: 'none' as const,
    colour: false,
    environment: { DOORWARD_STATE_DIR: stateDir, PATH: process.env.PATH, HOME: stateDir, ...environment },
  };
  const error = await boot(options).then(
    async (running) => {
      await running.close();
      throw new Error('the gateway started');
    },
    (refused: Error) => refused,
  );
  expect(await isOpen(port)).toBe(false);
  return error;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const [event] = await Promise.race([
    once(socket, 'connect').then(() => ['connect']),
    once(socket, 'error').then(() => ['error']),
  ]).catch(() => ['error']);
  socket.destroy();
  return event === 'connect';
}

async function expectRefused(place: Place, path: string, rule: RegExp = /./): Promise<void> {
  const error = await refusal(place);
  expect(error).toBeInstanceOf(ConfigError);
  const { errors, exitCode } = error as ConfigError;
  expect(exitCode).toBe(78);
  expect(errors).toContainEqual({ path, message: expect.stringMatching(rule) });
}

const auth = (settings: object, gateway: object = {}) => ({ gateway: { ...gateway, auth: settings } });

describe('S014: a bind that others reach, and nobody whom they could be', () => {
  it.each(['lan', 'auto'])('%s is refused, with the remedy', async (bind) => {
    await expectRefused({ config: { gateway: { bind } } }, 'gateway.auth', /gateway\.auth\.token.*openssl rand/);
  });

  it.each([
    ['an address of the network', { bind: 'custom', customBindHost: '0.0.0.0' }],
    ['a tailnet', { bind: 'tailnet' }],
  ])('%s is refused', (_, gateway) => expectRefused({ config: { gateway } }, 'gateway.auth'));

  it.each([
    ['an empty token', { token: '' }, {}],
    ['an empty password', { password: '' }, {}],
    ['an empty token of the environment', {}, { DOORWARD_GATEWAY_TOKEN: '' }],
    ['a disabled tailnet', { allowTailscale: false }, {}],
  ])('%s is none', async (_, settings, environment) => {
    const error = await refusal({ config: auth(settings, { bind: 'lan' }), environment });
    expect(error).toBeInstanceOf(ConfigError);
  });

  it('"none" is refused beyond loopback', () =>
    expectRefused({ config: auth({ mode: 'none' }, { bind: 'lan' }) }, 'gateway.auth.mode', /only this machine/));
});

describe('S046: trusted-proxy without whom to trust', () => {
  const PROXY = { userHeader: 'x-forwarded-user' };

  it.each([
    ['as the mode', { mode: 'trusted-proxy', trustedProxy: PROXY }],
    ['as one method', { trustedProxy: { ...PROXY, enabled: true } }],
  ])('%s is refused', (_, settings) =>
    expectRefused({ config: auth(settings) }, 'gateway.trustedProxies', /reverse proxy/),
  );

  it('without the header it is refused', () =>
    expectRefused(
      { config: auth({ mode: 'trusted-proxy' }, { trustedProxies: ['192.0.2.1'] }) },
      'gateway.auth.trustedProxy.userHeader',
    ));

  it.each(['X Forwarded User', 'x_forwarded_user', 'x-user:', '', 'x-user\r\nx'])(
    'a header called %j is refused',
    (name) =>
      expectRefused(
        {
          config: auth(
            { mode: 'trusted-proxy', trustedProxy: { userHeader: name } },
            { trustedProxies: ['192.0.2.1'] },
          ),
        },
        'gateway.auth.trustedProxy.userHeader',
      ),
  );
});

describe('S059: a secret that nobody has chosen', () => {
  const NOT_CHOSEN = [
    'undefined',
    'null',
    '[object Object]',
    'NaN',
    '                ',
    '                        \t',
    'change-me-please-now',
    'changeme-changeme-changeme',
    'your-secret-token-here',
    'your-gateway-token-here',
    'example-token-example-token',
    'fifteen letters',
    'short',
  ];

  it.each(NOT_CHOSEN)('the token %j stops the start', (token) =>
    expectRefused({ config: auth({ mode: 'token', token }) }, 'gateway.auth.token', /openssl rand/),
  );

  it.each(NOT_CHOSEN)('the password %j stops the start', (password) =>
    expectRefused({ config: auth({ mode: 'password', password }) }, 'gateway.auth.password', /openssl rand/),
  );

  it.each([undefined, null, 7, true, {}, []])('a token that is %j of JSON stops the start', async (token) => {
    expect(await refusal({ config: auth({ mode: 'token', token }) })).toBeInstanceOf(ConfigError);
  });

  it('one from the environment stops the start as well, and is not repeated', async () => {
    const error = await refusal({ environment: { DOORWARD_GATEWAY_TOKEN: 'hunter2' } });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain('gateway.auth.token');
    expect(error.message).not.toContain('hunter2');
  });

  it('a reload to one is refused, and what was stays', async () => {
    const gateway = await startGateway({ config: auth({ token: HOUSE_TOKEN, loopback: 'deny' }) });
    const world = new World(gateway);
    for (const token of ['undefined', 'change-me-please-now', ' '.repeat(20), '']) {
      const reload = world.configure(auth({ mode: 'token', token, loopback: 'deny' }));
      await expect(reload).rejects.toThrow(/gateway\.auth\.token/);
      expect((await gateway.get('/api/v1/whoami', { authorization: `Bearer ${token}` })).status).toBe(401);
      expect((await gateway.get('/api/v1/whoami', { authorization: `Bearer ${HOUSE_TOKEN}` })).status).toBe(200);
    }
    await gateway.close();
  });
});

describe('S062: what cannot be read is not taken for nothing', () => {
  it.each(['', '{', '{"gateway":{"auth":{"token":"', 'null', '[]', '7', '"text"', '\u0000'])(
    'a config file of %j stops the start',
    async (config) => {
      expect(await refusal({ config })).toBeInstanceOf(ConfigError);
    },
  );

  it('a folder in its place stops the start', async () => {
    const environment = { DOORWARD_CONFIG_PATH: '/' };
    expect(await refusal({ environment })).toBeInstanceOf(ConfigError);
  });

  it('a secret file that is not there stops the start', async () => {
    expect(await refusal({ environment: { DOORWARD_GATEWAY_TOKEN_FILE: '/nowhere/token' } })).toBeInstanceOf(
      ConfigError,
    );
  });

  it('a part of authentication that cannot be made stops the start: no proof for local callers, no gateway', async () => {
    const error = await refusal({ prepare: (stateDir) => mkdirSync(join(stateDir, 'local-proof')) });
    expect(error.message).toMatch(/EISDIR|local-proof/);
  });
});

describe('S055, S153: an unknown word is no mode', () => {
  it.each([
    ['gateway.auth.mode', auth({ mode: 'tokne', token: HOUSE_TOKEN })],
    ['gateway.auth.mode', auth({ mode: 'NONE' })],
    ['gateway.auth.mode', auth({ mode: '' })],
    ['gateway.auth.loopback', auth({ loopback: 'yes' })],
    ['gateway.tailscale.mode', { gateway: { tailscale: { mode: 'requires' } } }],
    ['gateway.tailscale.mode', { gateway: { tailscale: { mode: 'Require' } } }],
    ['gateway.bind', { gateway: { bind: 'local' } }],
  ])('%s: %j', (path, config) => expectRefused({ config }, path));

  it('nor is an unknown key nothing: it might have been the one that closes a door', () =>
    expectRefused({ config: auth({ loopbak: 'deny' }) }, 'gateway.auth.loopbak', /loopback/));
});

describe('S067: credentials over plain HTTP on a bind that others reach', () => {
  const open = (more: object = {}) => ({ gateway: { bind: 'lan', auth: { token: HOUSE_TOKEN }, ...more } });
  const warned = async (config: object): Promise<boolean> => {
    const gateway = await startGateway({ config: config as Record<string, unknown> });
    await new World(gateway).flushLog();
    const log = gateway.log();
    await gateway.close();
    return log.some(({ level, msg }) => level === 'warn' && /plain HTTP.*unencrypted/.test(String(msg)));
  };

  it('are warned of at start, as it is decided', async () => {
    expect(await warned(open())).toBe(true);
  });

  it('are refused with gateway.http.requireSecureTransport', () =>
    expectRefused(
      { config: open({ http: { requireSecureTransport: true } }) },
      'gateway.http.requireSecureTransport',
      /unencrypted.*TLS/,
    ));

  it('are neither behind a listed proxy, nor on loopback', async () => {
    const http = { requireSecureTransport: true };
    expect(await warned(open({ http, trustedProxies: ['192.0.2.1'] }))).toBe(false);
    expect(await warned({ gateway: { auth: { token: HOUSE_TOKEN }, http } })).toBe(false);
  });
});

describe('S013, S030: what is dangerous and allowed is said at start', () => {
  const sentences = async (config: object, environment?: Record<string, string>): Promise<string> => {
    const gateway = await startGateway({ config: config as Record<string, unknown>, environment });
    await new World(gateway).flushLog();
    const log = gateway.log().filter(({ level }) => level === 'warn');
    await gateway.close();
    return log.map(({ msg }) => msg).join('\n');
  };

  it('the bypass beside a bind that others reach', async () => {
    const open = (loopback: string) => ({ gateway: { bind: 'lan', auth: { token: HOUSE_TOKEN, loopback } } });
    expect(await sentences(open('allow'))).toMatch(/gateway\.auth\.loopback is "allow".*port forwarder/);
    expect(await sentences(open('proof'))).not.toMatch(/port forwarder/);
  });

  it('a proxy of this machine, and a range that is wide', async () => {
    const proxied = (trustedProxies: string[]) => ({
      gateway: { trustedProxies, auth: { mode: 'trusted-proxy', trustedProxy: { userHeader: 'x-user' } } },
    });
    expect(await sentences(proxied(['127.0.0.1']))).toMatch(/every process on it can name any user/);
    expect(await sentences(proxied(['10.0.0.0/8', '127.0.0.1']))).toMatch(/wider than \/24/);
    expect(await sentences(proxied(['192.0.2.0/24']))).not.toMatch(/wider than|every process/);
  });

  it('a proxy of the environment, which calls to models do not take', async () => {
    const proxy = 'http://user:secret@proxy.example.com:3128';
    const told = await sentences({}, { HTTPS_PROXY: proxy, NO_PROXY: 'localhost' });
    expect(told).toMatch(/^HTTPS_PROXY is not used: /m);
    expect(told).not.toContain('proxy.example.com');
    expect(await sentences({})).not.toMatch(/is not used/);
  });
});

import { readdirSync } from 'node:fs';
import { Type } from 'class-transformer';
import { IsArray, IsString, MinLength, ValidateNested } from 'class-validator';
import { ConfigError, EXIT_CONFIG } from '../../src/config/config-error.js';
import { GatewaySettings } from '../../src/config/gateway.settings.js';
import type { ConfigRule } from '../../src/config/load.js';
import { Setting, Settings } from '../../src/config/settings.js';
import { KeySettings, ModeSettings, PARTS, Place } from './place.js';

const SECRET = 'canary-secret-0123456789';
const DIGITS = 4_815_162_342_108;

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

describe('a configuration that is wrong', () => {
  it('is refused with everything that is wrong with it, whatever kind, and nothing is written', async () => {
    place.config({
      gateway: {
        prot: 8080,
        bind: 'lann',
        trustedProxies: ['10.0.0.1', 'ten'],
        auth: { mode: 'tokne', token: '${MISSING}', rateLimit: { maxAttempts: '20' } },
      },
      databse: { url: 'x' },
      env: { NUMBER: 1 },
    });
    const before = readdirSync(place.state);
    const rule: ConfigRule = () => [{ path: 'gateway.bind', message: 'a rule across parts' }];

    await expect(place.refusal({ DOORWARD_GATEWAY_PORT: 'many' }, { rules: [rule] })).resolves.toEqual([
      'env.NUMBER: must be text, and it is a number; put it into quotes',
      'gateway.prot: unknown key; did you mean "gateway.port"?',
      'databse: unknown section; did you mean "database"?',
      'gateway.auth.token: ${MISSING} is not set; set the variable, or write $${MISSING} for the text itself',
      'gateway.port: must be a whole number (from DOORWARD_GATEWAY_PORT)',
      'gateway.bind: must be one of the following values: loopback, lan, tailnet, auto, custom; did you mean "lan"?',
      'gateway.trustedProxies: each entry must be an IP address such as 10.0.0.1 or a range such as 192.168.1.0/24',
      'gateway.auth.mode: must be one of the following values: none, token, password; did you mean "token"?',
      'gateway.auth.rateLimit.maxAttempts: must be a whole number, and it is text; write it without quotes',
      'gateway.bind: a rule across parts',
    ]);
    expect(readdirSync(place.state)).toEqual(before);
  });

  it('is one error for a terminal: the file, a line for each mistake, and exit code 78', async () => {
    place.config({ gateway: { port: 70_000, bin: 'lan' } });
    const error: unknown = await place.load().catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ exitCode: EXIT_CONFIG, file: `${place.state}/doorward.json5` });
    expect(EXIT_CONFIG).toBe(78);
    expect((error as ConfigError).message).toBe(
      [
        `The configuration has 2 errors (${place.state}/doorward.json5):`,
        '  gateway.bin: unknown key; did you mean "gateway.bind"?',
        '  gateway.port: must not be greater than 65535, and it is 70000; choose a smaller number',
      ].join('\n'),
    );
  });
});

describe('types and words', () => {
  it.each([
    // written                                   what is said
    [{ port: '18789' }, 'gateway.port: must be a whole number, and it is text; write it without quotes'],
    [{ port: 80.5 }, 'gateway.port: must be a whole number; round it'],
    [{ port: true }, 'gateway.port: must be a whole number, and it is true or false; write it without quotes'],
    [{ port: -1 }, 'gateway.port: must not be less than 0, and it is -1; choose a larger number'],
    [{ port: null }, 'gateway.port: must not be null; remove the key to use the default'],
    [{ port: {} }, 'gateway.port: must be a whole number, and it is an object; write it without quotes'],
    [
      { allowRealIpFallback: 'true' },
      'gateway.allowRealIpFallback: must be true or false, and it is text; write one of them without quotes',
    ],
    [
      { allowRealIpFallback: 1 },
      'gateway.allowRealIpFallback: must be true or false, and it is a number; write one of them without quotes',
    ],
    [{ trustedProxies: '10.0.0.1' }, 'gateway.trustedProxies: must be a list, and it is text; write [ … ]'],
    [
      { bind: 'LOOPBACK' },
      'gateway.bind: must be one of the following values: loopback, lan, tailnet, auto, custom; did you mean "loopback"?',
    ],
    [
      { bind: '0.0.0.0' },
      'gateway.bind: must be one of the following values: loopback, lan, tailnet, auto, custom; use one of these words',
    ],
    [
      { bind: ['lan'] },
      'gateway.bind: must be one of the following values: loopback, lan, tailnet, auto, custom; use one of these words',
    ],
    [
      { customBindHost: 'here' },
      'gateway.customBindHost: must be an ip address; write an address such as 192.168.1.10',
    ],
    [{ bind: 'custom' }, 'gateway.customBindHost: must be an ip address; write an address such as 192.168.1.10'],
    [
      { publicUrl: 'gateway' },
      'gateway.publicUrl: must be a URL address; write a whole address such as https://gateway.example.com',
    ],
    [
      { auth: { mode: 5 } },
      'gateway.auth.mode: must be one of the following values: none, token, password, and it is 5; use one of these words',
    ],
    [{ auth: { allowUsers: 'a' } }, 'gateway.auth.allowUsers: must be a list, and it is text; write [ … ]'],
    [{ auth: { allowUsers: ['a', 1] } }, 'gateway.auth.allowUsers: each entry must be a string'],
    [{ auth: { grants: [] } }, 'gateway.auth.grants: must be an object, and it is a list; write { … }'],
    [{ auth: 'token' }, 'gateway.auth: must be an object, and it is text; write { … } or remove the key'],
    [[], 'gateway: must be an object, and it is a list; write { … } or remove the key'],
    [null, 'gateway: must be an object, and it is null; write { … } or remove the key'],
  ])('gateway: %j', async (gateway, message) => {
    place.config({ gateway });
    await expect(place.refusal()).resolves.toEqual([message]);
  });

  it.each([
    [{ DOORWARD_GATEWAY_PORT: '0x10' }, 'gateway.port: must be a whole number (from DOORWARD_GATEWAY_PORT)'],
    [
      { OPENCLAW_GATEWAY_PORT: '99999' },
      'gateway.port: must not be greater than 65535, and it is 99999; choose a smaller number (from OPENCLAW_GATEWAY_PORT)',
    ],
    [
      { DOORWARD_GATEWAY_AUTH_MODE: 'nonne' },
      'gateway.auth.mode: must be one of the following values: none, token, password; did you mean "none"? (from DOORWARD_GATEWAY_AUTH_MODE)',
    ],
    [
      { DOORWARD_GATEWAY_RATE_LIMIT_STRICT: 'perhaps' },
      'gateway.auth.rateLimit.strict: must be true or false (from DOORWARD_GATEWAY_RATE_LIMIT_STRICT)',
    ],
  ])('in the environment: %j', async (variables, message) => {
    await expect(place.refusal(variables as Record<string, string>)).resolves.toEqual([message]);
  });

  it('on the command line', async () => {
    await expect(place.refusal({}, { overrides: { 'gateway.port': 'x' } })).resolves.toEqual([
      'gateway.port: must be a whole number (from command line)',
    ]);
  });

  it('of a class inside a setting, with the path down to the mistake', async () => {
    class Issuer {
      @IsString()
      url: string;
    }
    @Settings('gateway.auth')
    class IssuerSettings {
      @IsArray()
      @ValidateNested({ each: true })
      @Type(() => Issuer)
      issuers: Issuer[] = [];
    }
    const settings = [...PARTS, IssuerSettings];

    place.config({ gateway: { auth: { issuers: [{ url: 'a' }, { url: 1, ulr: 'b' }] } } });
    await expect(place.refusal({}, { settings })).resolves.toEqual([
      'gateway.auth.issuers.1.ulr: unknown key; did you mean "gateway.auth.issuers.1.url"?',
      'gateway.auth.issuers.1.url: must be text, and it is a number; put it into quotes',
    ]);

    place.config({ gateway: { auth: { issuers: [{ url: 'a' }] } } });
    const { snapshot } = await place.load({}, { settings });
    expect(snapshot.get(IssuerSettings).issuers[0]).toBeInstanceOf(Issuer);
  });
});

describe('keys', () => {
  it.each([
    // written                                     what is said
    [{ gateway: { Port: 1 } }, 'gateway.Port: unknown key; did you mean "gateway.port"?'],
    [{ gateway: { auth: { tokne: SECRET } } }, 'gateway.auth.tokne: unknown key; did you mean "gateway.auth.token"?'],
    [
      { gateway: { auth: { rateLimit: { maxAttempt: 1 } } } },
      'gateway.auth.rateLimit.maxAttempt: unknown key; did you mean "gateway.auth.rateLimit.maxAttempts"?',
    ],
    [
      { gateway: { ratelimit: {} } },
      'gateway.ratelimit: unknown key; remove it (the nearest known key is "gateway.reload")',
    ],
    [
      { gateway: { controlUi: { allowedOrigns: [] } } },
      'gateway.controlUi.allowedOrigns: unknown key; did you mean "gateway.controlUi.allowedOrigins"?',
    ],
    [{ gatway: {} }, 'gatway: unknown section; did you mean "gateway"?'],
    [{ envs: {} }, 'envs: unknown section; did you mean "env"?'],
  ])('%j', async (content, message) => {
    place.config(content);
    await expect(place.refusal()).resolves.toEqual([message]);
  });

  it('leaves sections alone that are not ours, whatever they hold, and lists them once', async () => {
    place.config({
      $schema: 'https://example.com/schema.json',
      channels: { telegram: { token: '${X}' } },
      tools: null,
      models: { providers: {} },
      secrets: {},
      accounts: {},
      logging: { level: 'debug' },
      somethingElse: 1,
      gateway: {},
    });

    const { unusedSections, warnings } = await place.load();

    expect(unusedSections).toEqual(['channels', 'tools', 'models', 'secrets', 'accounts', 'logging', 'somethingElse']);
    expect(warnings).toEqual([]);
  });

  it('warns of keys of the family that are not used yet, and starts', async () => {
    place.config({
      gateway: {
        mode: 'local',
        tls: { enabled: true },
        http: {
          endpoints: { chatCompletions: { enabled: true } },
          securityHeaders: { strictTransportSecurity: 'max-age=1' },
        },
        remote: { token: SECRET },
        controlUi: { root: '/srv/ui' },
        reload: { mode: 'hybrid' },
      },
    });

    const { warnings } = await place.load();

    expect(warnings).toEqual(
      [
        'tls.enabled',
        'http.endpoints',
        'http.securityHeaders.strictTransportSecurity',
        'remote',
        'controlUi.root',
        'reload.mode',
      ].map((path) => `gateway.${path} is set, and this version does not use it`),
    );
  });

  it('S153: an unknown word is not "none"', async () => {
    place.config({ gateway: { auth: { mode: 'off' } } });
    await expect(place.refusal()).resolves.toEqual([expect.stringContaining('gateway.auth.mode: must be one of')]);
  });

  it.each([
    [
      'remote',
      'gateway.mode: is "remote": this machine is a client of another gateway; write "local" to serve from here',
    ],
    ['lokal', 'gateway.mode: must be one of the following values: local, remote; did you mean "local"?'],
  ])('gateway.mode: %j stops the start', async (mode, message) => {
    place.config({ gateway: { mode } });
    await expect(place.refusal()).resolves.toEqual([message]);
  });
});

describe('rules across parts', () => {
  const needsKey: ConfigRule = (config) =>
    config.get(GatewaySettings).bind !== 'loopback' && config.get(KeySettings).token === undefined
      ? [{ path: 'gateway.bind', message: 'needs a credential' }]
      : [];

  it('are reported beside mistakes that do not concern them', async () => {
    place.config({ gateway: { bind: 'lan', port: 'x' } });
    await expect(place.refusal({}, { rules: [needsKey] })).resolves.toEqual([
      expect.stringContaining('gateway.port'),
      'gateway.bind: needs a credential',
    ]);
  });

  it('are silent about what only follows from another mistake', async () => {
    place.config({ gateway: { bind: 'lan', auth: { token: 'short' } } });
    await expect(place.refusal({}, { rules: [needsKey] })).resolves.toEqual([
      'gateway.auth.token: must be longer than or equal to 16 characters; choose a longer value',
    ]);
  });

  it('that fail by themselves are not hidden', async () => {
    const broken: ConfigRule = (config) => {
      throw new RangeError(`a fault with ${config.get(ModeSettings).mode}`);
    };
    await expect(place.load({}, { rules: [broken] })).rejects.toThrow(RangeError);
  });
});

describe('the value of a secret', () => {
  @Settings('gateway.auth')
  class TalkativeSettings {
    @Setting({ env: 'GATEWAY_SECRET', secret: true })
    @MinLength(100, { message: '$value is too short' })
    secret = '';
  }

  it.each([
    ['in the file', { secret: SECRET }, {}],
    ['in the environment', {}, { DOORWARD_GATEWAY_SECRET: SECRET }],
    ['as an object', { secret: { inner: SECRET } }, {}],
    ['as a list', { secret: [SECRET] }, {}],
    ['as a number', { secret: DIGITS, token: DIGITS }, {}],
    ['under a wrong key', { secert: SECRET, token: [SECRET] }, {}],
    ['in the wrong setting', { mode: SECRET, rateLimit: { maxAttempts: SECRET } }, {}],
  ])('is never printed: %s', async (_, auth, variables) => {
    place.config({ gateway: { auth } });
    const error: unknown = await place
      .load(variables as Record<string, string>, { settings: [...PARTS, TalkativeSettings] })
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ConfigError);
    expect(JSON.stringify(error) + String(error) + (error as Error).stack).not.toMatch(
      new RegExp(`${SECRET}|${DIGITS}`),
    );
  });
});

import { existsSync } from 'node:fs';
import { GatewaySettings } from '../../src/config/gateway.settings.js';
import { KeySettings, LimitSettings, ModeSettings, Place, StoreSettings } from './place.js';

const SECRET = 'canary-secret-0123456789';
const OTHER = 'another-secret-0123456789';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

describe('where a setting comes from', () => {
  it('uses the defaults when there is nothing at all, and leaves nothing behind', async () => {
    const { snapshot, configPath, warnings, stateDir } = await place.load();

    expect(snapshot.get(GatewaySettings)).toMatchObject({ port: 18789, bind: 'loopback', trustedProxies: [] });
    expect({ configPath, warnings, stateDir }).toEqual({ configPath: undefined, warnings: [], stateDir: place.state });
    expect(existsSync(place.state)).toBe(false);
  });

  it.each([
    // file     environment                                   flag       port   origin
    [undefined, {}, undefined, 18789, undefined],
    [1000, {}, undefined, 1000, 'file'],
    [1000, { DOORWARD_GATEWAY_PORT: '2000' }, undefined, 2000, 'DOORWARD_GATEWAY_PORT'],
    [1000, { SPECIAL_AGENT_GATEWAY_PORT: ' 2000 ' }, undefined, 2000, 'SPECIAL_AGENT_GATEWAY_PORT'],
    [1000, { DOORWARD_GATEWAY_PORT: ' ' }, undefined, 1000, 'file'],
    [1000, { DOORWARD_GATEWAY_PORT: '2000' }, '3000', 3000, 'command line'],
    [1000, { DOORWARD_GATEWAY_PORT: '2000' }, 3000, 3000, 'command line'],
  ])('takes the port from file %p, environment %p, flag %p', async (file, variables, flag, port, origin) => {
    place.config(file === undefined ? {} : { gateway: { port: file } });

    const { snapshot, origins } = await place.load(variables as Record<string, string>, {
      overrides: { 'gateway.port': flag },
    });

    expect(snapshot.get(GatewaySettings).port).toBe(port);
    expect(origins.get('gateway.port')).toBe(origin);
  });

  it('takes a secret from the file before the environment, and says so when they differ, without either', async () => {
    place.config({ gateway: { auth: { token: SECRET } } });

    const { snapshot, warnings } = await place.load({ OPENCLAW_GATEWAY_TOKEN: OTHER });

    expect(snapshot.get(KeySettings).token).toBe(SECRET);
    expect(warnings).toEqual([
      "gateway.auth.token in the config file and OPENCLAW_GATEWAY_TOKEN hold different values: the file's is used",
    ]);
  });

  it('lets a flag beat the file for a secret too', async () => {
    place.config({ gateway: { auth: { token: SECRET } } });
    const { snapshot } = await place.load({}, { overrides: { 'gateway.auth.token': OTHER } });
    expect(snapshot.get(KeySettings).token).toBe(OTHER);
  });

  it('refuses a flag for a setting that nobody declares: a mistake in the code', async () => {
    await expect(place.load({}, { overrides: { 'gateway.prot': 1 } })).rejects.toThrow(TypeError);
  });

  it.each([
    // variable                       text                     part            property          value
    [
      'GATEWAY_TRUSTED_PROXIES',
      ' 10.0.0.1, 10.1.0.0/16 ,',
      GatewaySettings,
      'trustedProxies',
      ['10.0.0.1', '10.1.0.0/16'],
    ],
    ['GATEWAY_RATE_LIMIT', '7', LimitSettings, 'maxAttempts', 7],
    ['GATEWAY_RATE_LIMIT_STRICT', 'Yes', LimitSettings, 'strict', true],
    ['GATEWAY_RATE_LIMIT_STRICT', '0', LimitSettings, 'strict', false],
    ['GATEWAY_BIND', ' lan ', GatewaySettings, 'bind', 'lan'],
    ['GATEWAY_TOKEN', ` ${SECRET} `, KeySettings, 'token', ` ${SECRET} `],
  ] as const)('turns DOORWARD_%s=%j into the type of its setting', async (variable, text, part, property, value) => {
    const { snapshot } = await place.load({ [`DOORWARD_${variable}`]: text });
    expect(Reflect.get(snapshot.get<object>(part), property)).toEqual(value);
  });

  it('reads a name with ! under exactly this name', async () => {
    const { snapshot } = await place.load({ DATABASE_URL: 'postgresql://db/house', DOORWARD_DATABASE_URL: 'x' });
    expect(snapshot.get(StoreSettings).url).toBe('postgresql://db/house');
  });

  it('lets such a name beat the file, although it holds a secret: the platform says where its database is', async () => {
    place.config({ database: { url: 'postgresql://in-the-file' } });
    const { snapshot, origins } = await place.load({ DATABASE_URL: 'postgresql://db/house' });
    expect(snapshot.get(StoreSettings).url).toBe('postgresql://db/house');
    expect(origins.get('database.url')).toBe('DATABASE_URL');
  });

  it('gives parts that share a path, and parts below one another, what is theirs', async () => {
    place.config({ gateway: { port: 1, auth: { mode: 'token', token: SECRET, rateLimit: { maxAttempts: 3 } } } });

    const { snapshot } = await place.load();

    expect(snapshot.get(ModeSettings)).toEqual({ mode: 'token', grants: {} });
    expect(snapshot.get(KeySettings)).toEqual({ token: SECRET });
    expect(snapshot.get(LimitSettings).maxAttempts).toBe(3);
  });

  it('cannot be changed once loaded', async () => {
    place.config({ gateway: { auth: { grants: { 'a@x.org': ['operator.read'] } } } });
    const { snapshot } = await place.load();

    expect(() => snapshot.get(GatewaySettings).trustedProxies.push('0.0.0.0/0')).toThrow(TypeError);
    expect(() => Object.assign(snapshot.get(GatewaySettings), { port: 1 })).toThrow(TypeError);
    expect(() => snapshot.get(ModeSettings).grants['a@x.org']!.push('operator.admin')).toThrow(TypeError);
  });
});

describe('${NAME} in the config file', () => {
  it('is replaced, also inside text and lists, and converted where the setting is no text', async () => {
    place.config({
      gateway: {
        port: '${PORT}',
        trustedProxies: ['${PROXY}'],
        auth: { token: 'a-${PART}-of-it', allowUsers: ['$${X}'] },
      },
    });

    const { snapshot } = await place.load({ PORT: '4242', PROXY: '10.0.0.1', PART: '${PORT}-secret-part' });

    expect(snapshot.get(GatewaySettings)).toMatchObject({ port: 4242, trustedProxies: ['10.0.0.1'] });
    expect(snapshot.get(KeySettings).token).toBe('a-${PORT}-secret-part-of-it');
    expect(snapshot.get(ModeSettings).allowUsers).toEqual(['${X}']);
  });

  it('is an error that names path and variable when the variable is missing or blank', async () => {
    place.config({ gateway: { auth: { token: '${HOUSE_KEY}', allowUsers: ['a', '${NOBODY}'] } } });

    await expect(place.refusal({ HOUSE_KEY: '' })).resolves.toEqual([
      'gateway.auth.token: ${HOUSE_KEY} is not set; set the variable, or write $${HOUSE_KEY} for the text itself',
      'gateway.auth.allowUsers.1: ${NOBODY} is not set; set the variable, or write $${NOBODY} for the text itself',
    ]);
  });

  it('stays as it is in sections that are not ours, and in lower case', async () => {
    place.config({ channels: { telegram: { botToken: '${TELEGRAM}' } }, gateway: { auth: { password: '${lower}' } } });

    const { snapshot, unusedSections } = await place.load();

    expect(snapshot.get(KeySettings).password).toBe('${lower}');
    expect(unusedSections).toEqual(['channels']);
  });
});

describe('<NAME>_FILE', () => {
  it('is read instead of the variable, without its one trailing newline', async () => {
    place.write({ key: `${SECRET}\n\n` });
    const { snapshot, origins } = await place.load({ CLAWDBOT_GATEWAY_TOKEN_FILE: `${place.home}/key` });

    expect(snapshot.get(KeySettings).token).toBe(`${SECRET}\n`);
    expect(origins.get('gateway.auth.token')).toBe('CLAWDBOT_GATEWAY_TOKEN_FILE');
  });

  it('works for a name without prefix', async () => {
    place.write({ url: 'postgresql://db/house\r\n' });
    const { snapshot } = await place.load({ DATABASE_URL_FILE: `${place.home}/url` });
    expect(snapshot.get(StoreSettings).url).toBe('postgresql://db/house');
  });

  it.each([
    ['is absent', 'nowhere', 'names a file that cannot be read ({home}/nowhere): it does not exist'],
    ['is empty', 'empty', 'names an empty file ({home}/empty); put the secret into it'],
    ['is a directory', 'directory', 'must name an ordinary file of at most 64 KiB ({home}/directory)'],
    ['is far too large', 'large', 'must name an ordinary file of at most 64 KiB ({home}/large)'],
  ])('stops the start when the file %s', async (_, name, message) => {
    place.write({ empty: '\n', large: 'x'.repeat(65_537), 'directory/file': '' });

    await expect(place.refusal({ DOORWARD_GATEWAY_TOKEN_FILE: `${place.home}/${name}` })).resolves.toEqual([
      `gateway.auth.token: DOORWARD_GATEWAY_TOKEN_FILE ${message.replace('{home}', place.home)}`,
    ]);
  });

  it('stops the start when the variable is set as well, under whichever spelling', async () => {
    const both = { DOORWARD_GATEWAY_TOKEN_FILE: '/x', OPENCLAW_GATEWAY_TOKEN: SECRET };
    await expect(place.refusal(both)).resolves.toEqual([
      'gateway.auth.token: OPENCLAW_GATEWAY_TOKEN is set, and so is DOORWARD_GATEWAY_TOKEN_FILE; keep one of them',
    ]);
  });

  it('is for secrets alone', async () => {
    const { snapshot } = await place.load({ DOORWARD_GATEWAY_PORT_FILE: '/nowhere' });
    expect(snapshot.get(GatewaySettings).port).toBe(18789);
  });
});

describe('references to secrets', () => {
  it.each([
    [{ source: 'env', provider: 'default', id: 'HOUSE_KEY' }],
    [{ source: 'env', id: 'HOUSE_KEY' }],
    ['$HOUSE_KEY'],
    ['secretref-env:HOUSE_KEY'],
  ])('%j is recognised, and an error where there is nobody to follow it', async (token) => {
    place.config({ gateway: { auth: { token } } });
    await expect(place.refusal()).resolves.toEqual([
      'gateway.auth.token: is a reference to a secret, which is not followed here; write the value or "${NAME}" for a variable',
    ]);
  });

  it('gives way to a variable', async () => {
    place.config({ gateway: { auth: { token: { source: 'env', provider: 'default', id: 'HOUSE_KEY' } } } });
    const { snapshot } = await place.load({ DOORWARD_GATEWAY_TOKEN: SECRET });
    expect(snapshot.get(KeySettings).token).toBe(SECRET);
  });

  it('never takes the mark of a hidden secret for the secret', async () => {
    place.config({ gateway: { auth: { token: '__OPENCLAW_REDACTED__' } } });
    await expect(place.refusal()).resolves.toEqual([
      'gateway.auth.token: holds the mark that stands for a hidden secret, not the secret; write the value, a reference, or "${NAME}" for a variable',
    ]);
  });
});

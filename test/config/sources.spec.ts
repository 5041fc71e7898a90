import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Environment } from '../../src/config/environment.js';
import { GatewaySettings } from '../../src/config/gateway.settings.js';
import {
  expandHome,
  findStateDirectory,
  homeDirectory,
  makeStateDirectory,
  tooOpen,
  writeFileAtomic,
} from '../../src/config/state-directory.js';
import { KeySettings, Place } from './place.js';

const SECRET = 'canary-secret-0123456789';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

describe('the environment', () => {
  const ALL = { DOORWARD_X: 'd', OPENCLAW_X: 'o', CLAWDBOT_X: 'c', SPECIAL_AGENT_X: 's' };

  it.each([
    // left out                                     first found
    [[], 'd'],
    [['DOORWARD_X'], 'o'],
    [['DOORWARD_X', 'OPENCLAW_X'], 'c'],
    [['DOORWARD_X', 'OPENCLAW_X', 'CLAWDBOT_X'], 's'],
    [Object.keys(ALL), undefined],
  ])('without %j gives %p', (names, found) => {
    const left = Object.fromEntries(Object.entries(ALL).filter(([name]) => !names.includes(name)));
    expect(new Environment(left).get('X')).toBe(found);
  });

  it('warns of different values under two names, by name alone, and is silent about equal ones', () => {
    const env = new Environment({
      DOORWARD_T: SECRET,
      CLAWDBOT_T: 'other-value',
      OPENCLAW_T: SECRET,
      CLAWDBOT_U: 'u',
      OPENCLAW_U: 'u',
    });

    expect(env.find('T')?.warning).toBe('DOORWARD_T and CLAWDBOT_T hold different values: DOORWARD_T is used');
    expect(env.find('U')?.warning).toBeUndefined();
  });

  it('does not change when the record does that it was made from', () => {
    const record: Record<string, string> = { DOORWARD_X: 'before' };
    const env = new Environment(record);
    record['DOORWARD_X'] = 'after';
    expect(env.get('X')).toBe('before');
  });

  it('finds nothing that the record only inherits', () => {
    expect(new Environment({}).get('!constructor')).toBeUndefined();
    expect(new Environment({}).get('!__proto__')).toBeUndefined();
  });
});

describe('the state directory', () => {
  it.each([
    // environment                                       there already                     found
    [{}, [], '.doorward'],
    [{}, ['.special-agent'], '.special-agent'],
    [{}, ['.special-agent', '.clawdbot'], '.clawdbot'],
    [{}, ['.special-agent', '.clawdbot', '.openclaw'], '.openclaw'],
    [{}, ['.openclaw', '.doorward'], '.doorward'],
    [{ DOORWARD_STATE_DIR: '~/a' }, ['.doorward'], 'a'],
    [{ OPENCLAW_STATE_DIR: '~/b' }, ['.doorward'], 'b'],
    [{ DOORWARD_STATE_DIR: '  ' }, ['.openclaw'], '.openclaw'],
    [{ OPENCLAW_HOME: '~/elsewhere' }, ['.openclaw'], 'elsewhere/.doorward'],
  ])('with %j, and %j there, is ~/%s', (variables, present, found) => {
    for (const name of present) mkdirSync(join(place.home, name));
    expect(findStateDirectory(place.environment(variables as Record<string, string>))).toBe(join(place.home, found));
  });

  it('does not take a file for a home', () => {
    place.write({ '.openclaw': '' });
    expect(findStateDirectory(place.environment())).toBe(place.state);
  });

  it.each([
    [{ DOORWARD_HOME: '/a', HOME: '/b', USERPROFILE: '/c' }, '/a'],
    [{ DOORWARD_HOME: '~', HOME: '/b', USERPROFILE: '/c' }, '/b'],
    [{ HOME: '/b', USERPROFILE: '/c' }, '/b'],
    [{ USERPROFILE: '/c' }, '/c'],
  ])('takes %j for the home %s', (variables, home) => {
    expect(homeDirectory(new Environment(variables as Record<string, string>))).toBe(home);
  });

  it('leaves a ~ alone that is part of a name', () => {
    expect(expandHome('~other/x', '/home/a')).toBe('~other/x');
  });

  it('S199: is made 0700, and its files 0600, even under umask 000', async () => {
    const before = process.umask(0);
    try {
      makeStateDirectory(place.state);
      await writeFileAtomic(join(place.state, 'token'), SECRET);
    } finally {
      process.umask(before);
    }

    expect(statSync(place.state).mode & 0o777).toBe(0o700);
    expect(statSync(join(place.state, 'token')).mode & 0o777).toBe(0o600);
    expect(readdirSync(place.state)).toEqual(['token']);
  });

  it('S199: a file that cannot be put in place leaves no temporary one behind', async () => {
    mkdirSync(join(place.state, 'token/in-the-way'), { recursive: true });
    await expect(writeFileAtomic(join(place.state, 'token'), SECRET)).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(place.state)).toEqual(['token']);
  });

  it('S199: an old file with wide rights is replaced by another one, not written into', async () => {
    place.write({ '.doorward/token': 'old' });
    const path = join(place.state, 'token');
    chmodSync(path, 0o666);
    const reader = openSync(path, 'r');

    await writeFileAtomic(path, SECRET);

    expect(readFileSync(reader, 'utf8')).toBe('old');
    expect(readFileSync(path, 'utf8')).toBe(SECRET);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    closeSync(reader);
  });

  it('is warned about when others may read it', async () => {
    mkdirSync(place.state, { mode: 0o755 });
    const { warnings } = await place.load();
    expect(warnings).toEqual([expect.stringContaining(`chmod 700 '${place.state}'`)]);
    expect(tooOpen(join(place.home, 'nothing'))).toBeUndefined();
  });
});

describe('the config file', () => {
  const NAMES = ['doorward', 'openclaw', 'clawdbot', 'special-agent', 'config'];
  const FILES = NAMES.flatMap((name) => ['json5', 'json', 'yaml', 'yml'].map((extension) => `${name}.${extension}`));

  it.each(FILES)('is found as %s, and read as what it is', async (name) => {
    const text = name.includes('.y')
      ? 'gateway:\n  port: 4711 # a comment\n'
      : '{ gateway: { port: 4711, /* JSON5 */ }, }';
    place.write({ [`.doorward/${name}`]: text });

    const { snapshot, configPath } = await place.load();

    expect(snapshot.get(GatewaySettings).port).toBe(4711);
    expect(configPath).toBe(join(place.state, name));
  });

  it('may not be there twice: both are named', async () => {
    place.write({ '.openclaw/openclaw.json': '{}', '.openclaw/config.yaml': '{}' });
    const state = join(place.home, '.openclaw');

    await expect(place.refusal()).resolves.toEqual([
      `${state}: there are several config files: ${state}/openclaw.json and ${state}/config.yaml; keep one, or name one in DOORWARD_CONFIG_PATH`,
    ]);
  });

  it('is the one that DOORWARD_CONFIG_PATH or an alias names, then', async () => {
    place.write({ '.doorward/doorward.json': '{}', '.doorward/config.yaml': '{}', 'mine.yml': 'gateway: { port: 5 }' });
    const { snapshot } = await place.load({ CLAWDBOT_CONFIG_PATH: '~/mine.yml' });
    expect(snapshot.get(GatewaySettings).port).toBe(5);
  });

  it('is an empty one when the named file is absent, with a warning', async () => {
    const { warnings, configPath } = await place.load({ DOORWARD_CONFIG_PATH: '~/mine.json5' });

    expect(configPath).toBeUndefined();
    expect(warnings).toEqual([
      `DOORWARD_CONFIG_PATH names a file that does not exist (${place.home}/mine.json5); the defaults are used`,
    ]);
  });

  const NO_OBJECT = 'write {} for an empty configuration, or remove the file';
  it.each([
    // file             content                           what is said
    ['doorward.json5', '', `must hold an object, and the file is empty; ${NO_OBJECT}`],
    ['doorward.json5', ' \n', `must hold an object, and the file is empty; ${NO_OBJECT}`],
    ['doorward.json5', '[]', `must hold an object, and the content is a list; ${NO_OBJECT}`],
    ['doorward.json5', '"text"', `must hold an object, and the content is text; ${NO_OBJECT}`],
    ['doorward.json5', 'null', `must hold an object, and the content is null; ${NO_OBJECT}`],
    ['doorward.yaml', '', `must hold an object, and the file is empty; ${NO_OBJECT}`],
    ['doorward.yaml', '# nothing yet\n', `must hold an object, and the content is null; ${NO_OBJECT}`],
    [
      'doorward.json5',
      `{ gateway: { auth: { token: "${SECRET}`,
      'is not valid JSON5 at line 1, column 54: the file ends too early; correct the file',
    ],
    [
      'doorward.json5',
      `{\n token: ${SECRET} }`,
      'is not valid JSON5 at line 2, column 9: a character that JSON5 does not expect; correct the file',
    ],
    ['doorward.yaml', `a: 1\na: ${SECRET}`, 'is not valid YAML at line 2, column 1: duplicate key; correct the file'],
    [
      'doorward.yaml',
      `token: *${SECRET}`,
      'is not valid YAML: an alias without its anchor; put a value that begins with * into quotes',
    ],
    [
      'doorward.yaml',
      `token: !!js/function ${SECRET}`,
      'is not valid YAML at line 1, column 8: tag resolve failed; correct the file',
    ],
    [
      'doorward.yaml',
      `gateway: {}\n---\n${SECRET}: {}`,
      'is not valid YAML at line 2, column 1: multiple docs; correct the file',
    ],
  ])('S062: %s with %j is refused', async (name, content, message) => {
    place.write({ [`.doorward/${name}`]: content });

    const refusal = await place.refusal();

    expect(refusal).toEqual([`${join(place.state, name)}: ${message}`]);
    expect(refusal.join()).not.toContain(SECRET);
  });

  it('S062: one that cannot be read is refused', async () => {
    mkdirSync(join(place.state, 'doorward.json5'), { recursive: true, mode: 0o700 });
    await expect(place.refusal()).resolves.toEqual([
      `${place.state}/doorward.json5: cannot be read: it is a directory; correct or remove the file`,
    ]);

    rmSync(join(place.state, 'doorward.json5'), { recursive: true });
    symlinkSync(join(place.home, 'gone'), join(place.state, 'doorward.json5'));
    await expect(place.refusal()).resolves.toEqual([
      `${place.state}/doorward.json5: cannot be read: it does not exist; correct or remove the file`,
    ]);
  });

  it('S062: one that is no UTF-8 text is refused', async () => {
    place.write({ '.doorward/doorward.json5': '{}' });
    writeFileSync(join(place.state, 'doorward.json5'), Buffer.from([0xff, 0xfe, 0x7b, 0x00]));

    await expect(place.refusal()).resolves.toEqual([
      `${place.state}/doorward.json5: cannot be read: it is not UTF-8 text; correct or remove the file`,
    ]);
  });

  it.each([
    [
      'doorward.json5',
      '{ "__proto__": { "port": 1 }, gateway: { auth: { constructor: {} } }, channels: [{ prototype: 1 }] }',
    ],
    ['doorward.yaml', '__proto__: { port: 1 }\ngateway: { auth: { constructor: {} } }\nchannels: [{ prototype: 1 }]'],
  ])('refuses keys that reach prototypes, wherever they stand: %s', async (name, content) => {
    place.write({ [`.doorward/${name}`]: content });

    await expect(place.refusal()).resolves.toEqual([
      '__proto__: is not a possible key; remove it',
      'gateway.auth.constructor: is not a possible key; remove it',
      'channels.0.prototype: is not a possible key; remove it',
    ]);
    expect(Reflect.get({}, 'port')).toBeUndefined();
  });

  it('is warned about when it holds a secret and others may read it', async () => {
    place.config({ gateway: { auth: { token: SECRET } } });
    chmodSync(join(place.state, 'doorward.json5'), 0o644);

    const { warnings } = await place.load();

    expect(warnings).toEqual([expect.stringMatching(/^a secret stands in a file .*chmod 600/)]);
  });
});

describe('.env and the env block', () => {
  it('stand below the real environment, in this order, and above the file', async () => {
    place.config({
      env: { A: 'block', vars: { B: 'vars', DOORWARD_GATEWAY_PORT: '5' }, C: 'block' },
      gateway: { port: 1 },
    });
    place.write({ '.doorward/.env': 'B=dotenv\nC=dotenv\nexport D="quoted # text"\n# comment\n' });

    const { environment, snapshot, origins } = await place.load({ C: 'real' });

    expect(['A', 'B', 'C', 'D'].map((name) => environment.get(`!${name}`))).toEqual([
      'block',
      'dotenv',
      'real',
      'quoted # text',
    ]);
    expect(snapshot.get(GatewaySettings).port).toBe(5);
    expect(origins.get('gateway.port')).toBe('config env: DOORWARD_GATEWAY_PORT');
    expect(environment.namesFrom('.env')).toEqual(['B', 'C', 'D']);
  });

  it('never override the real environment under another spelling either', async () => {
    place.write({ '.doorward/.env': 'DOORWARD_GATEWAY_PORT=1' });

    const { snapshot, warnings } = await place.load({ CLAWDBOT_GATEWAY_PORT: '2' });

    expect(snapshot.get(GatewaySettings).port).toBe(2);
    expect(warnings).toEqual([
      'CLAWDBOT_GATEWAY_PORT and DOORWARD_GATEWAY_PORT hold different values: CLAWDBOT_GATEWAY_PORT is used',
    ]);
  });

  it('do not change the process', async () => {
    place.write({ '.doorward/.env': 'DOORWARD_ONLY_HERE=1' });
    await place.load();
    expect(process.env['DOORWARD_ONLY_HERE']).toBeUndefined();
  });

  it('feed ${NAME}, and are taken literally themselves', async () => {
    place.config({ env: { KEY: 'literal-${HOME}-and-long-enough' }, gateway: { auth: { token: '${KEY}' } } });
    const { snapshot } = await place.load();
    expect(snapshot.get(KeySettings).token).toBe('literal-${HOME}-and-long-enough');
  });

  it('may name the config file', async () => {
    place.write({ '.doorward/.env': 'OPENCLAW_CONFIG_PATH=~/mine.json5', 'mine.json5': '{ gateway: { port: 6 } }' });
    const { snapshot } = await place.load();
    expect(snapshot.get(GatewaySettings).port).toBe(6);
  });

  it.each([
    ['a line without =', `TOKEN ${SECRET}\nB=1\n`, 'has a line that is neither NAME=value nor a # comment; correct it'],
  ])('refuse %s', async (_, content, message) => {
    place.write({ '.doorward/.env': content });
    await expect(place.refusal()).resolves.toEqual([`${place.state}/.env: ${message}`]);
  });

  it('refuse a .env that cannot be read, together with a broken config file', async () => {
    place.config('{');
    mkdirSync(join(place.state, '.env'));
    await expect(place.refusal()).resolves.toEqual([
      `${place.state}/.env: cannot be read: it is a directory; correct or remove the file`,
      `${place.state}/doorward.json5: is not valid JSON5 at line 1, column 2: the file ends too early; correct the file`,
    ]);
  });

  it('report everything that is wrong in the env block', async () => {
    place.config({
      env: {
        NUMBER: 5,
        lower: 'x',
        shelEnv: {},
        TWICE: 'a',
        vars: { TWICE: 'b' },
        shellEnv: { enabled: 'yes', timeout: 1, timeoutMs: 0 },
      },
    });

    await expect(place.refusal()).resolves.toEqual([
      'env.NUMBER: must be text, and it is a number; put it into quotes',
      'env.lower: must be the name of a variable in capitals, such as OPENAI_API_KEY',
      'env.shelEnv: unknown key; did you mean "env.shellEnv"?',
      'env.TWICE: differs from env.vars.TWICE; keep one of them',
      'env.shellEnv.timeout: unknown key; did you mean "env.shellEnv.timeoutMs"?',
      'env.shellEnv.enabled: must be true or false, and it is text',
      'env.shellEnv.timeoutMs: must be a whole number of milliseconds from 1 to 120000, without quotes',
    ]);
    expect(existsSync(join(place.state, '.env'))).toBe(false);
  });
});

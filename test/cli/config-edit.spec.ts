import {
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { World } from '../../src/cli/command.js';
import { cli, type Outcome } from './in-process.js';
import { WHOLE_CONFIG } from './whole-config.js';

const SECRET = 'a-token-that-nobody-may-see';

let home: string;
let stateDir: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'doorward-edit-'));
  stateDir = join(home, '.doorward');
  mkdirSync(stateDir, { mode: 0o700 });
});
afterEach(() => rmSync(home, { recursive: true }));

function run(
  words: readonly string[],
  { variables = {}, ...world }: Partial<World> & { variables?: object } = {},
): Promise<Outcome> {
  return cli(words, {
    environment: { HOME: home, ...variables },
    ...WHOLE_CONFIG,
    ...world,
  });
}

function file(content: string, name = 'doorward.json5'): string {
  const path = join(stateDir, name);
  writeFileSync(path, content, { mode: 0o644 });
  return path;
}

const piped = (text: string): Partial<World> => ({ stdin: Readable.from([text]) });

describe('config set', () => {
  it('makes the file, for its owner alone, where there is none', async () => {
    const { code, stdout, stderr } = await run(['config', 'set', 'gateway.port', '18790']);
    const path = join(stateDir, 'doorward.json5');

    expect([code, stdout + stderr]).toEqual([0, `Set gateway.port. (${path})\n`]);
    expect(readFileSync(path, 'utf8')).toBe('{\n  gateway: {\n    port: 18790\n  }\n}\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps comments, quotes and order, and narrows the mode', async () => {
    const path = file(`// ours\n{\n  gateway: {\n    port: 18789, // the port\n    bind: 'loopback',\n  },\n}\n`);
    await run(['config', 'set', 'gateway.port', '18790']);

    expect(readFileSync(path, 'utf8')).toBe(
      `// ours\n{\n  gateway: {\n    port: 18790, // the port\n    bind: 'loopback',\n  },\n}\n`,
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(stateDir)).toEqual(['doorward.json5']);
  });

  it('knows YAML, and follows a link', async () => {
    const real = join(home, 'kept-elsewhere.yaml');
    writeFileSync(real, '# ours\ngateway:\n  port: 18789 # the port\n');
    symlinkSync(real, join(stateDir, 'doorward.yaml'));
    await run(['config', 'set', 'gateway.bind', 'loopback']);

    expect(readFileSync(real, 'utf8')).toBe('# ours\ngateway:\n  port: 18789 # the port\n  bind: loopback\n');
  });

  // prettier-ignore
  it.each<[path: string, word: string, written: unknown]>([
    ['gateway.port',                      '18790',                    18790],
    ['gateway.auth.token',                '12345678901234567890',     '12345678901234567890'],
    ['gateway.trustedProxies',            '10.0.0.1, 10.0.0.2',       ['10.0.0.1', '10.0.0.2']],
    ['gateway.trustedProxies',            '["10.0.0.1"]',             ['10.0.0.1']],
    ['gateway.controlUi.enabled',         'false',                    false],
    ['models.default',                    '"openai/gpt-5"',           'openai/gpt-5'],
    ['models.providers.openai.apiKey',    '{source:"env",id:"OPENAI_API_KEY"}', { source: 'env', id: 'OPENAI_API_KEY' }],
    ['agents.defaults.model',             'openai/gpt-5',             'openai/gpt-5'],
    ['agents.defaults.model',             '{primary:"openai/gpt-5"}', { primary: 'openai/gpt-5' }],
    ['agents.list[0].id',                 'work',                     'work'],
    ['channels.telegram.enabled',         'true',                     true],
  ])('%s %s', async (path, word, written) => {
    const name = file('{ agents: { list: [{ id: "main" }] } }');
    const { code, stderr } = await run(['config', 'set', path, word], { variables: { OPENAI_API_KEY: 'x' } });
    const tree = (await import('json5')).default.parse<Record<string, unknown>>(readFileSync(name, 'utf8'));
    const found = path.split(/[.[\]]+/).filter(Boolean).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], tree);

    expect([code, stderr.replace(/warning: .*\n/, '')]).toEqual([0, '']);
    expect(found).toEqual(written);
  });

  // prettier-ignore
  it.each([
    ['gateway.port',      '99999',   1, 'gateway.port: must not be greater than 65535'],
    ['gateway.prot',      '1',       1, 'gateway.prot: unknown key; did you mean "gateway.port"?'],
    ['gateway.bind',      'lan',     1, 'gateway.auth: nobody could be told from anybody'],
    ['gateway.port.deep', '1',       1, 'gateway.port is a number, and nothing can stand below that'],
    ['agents.list[4].id', 'work',    1, 'agents.list.4 is no place in a list of 1'],
    ['gateway..port',     '1',       2, 'not a path of a setting'],
    ['__proto__.x',       '1',       1, '__proto__: is not a possible key'],
  ])('changes nothing when the whole would be wrong then: %s %s', async (path, word, exitCode, message) => {
    const before = `{ gateway: { port: 18789 }, agents: { list: [{ id: 'main' }] } } // ours`;
    const name = file(before);
    const { code, stderr } = await run(['config', 'set', path, word]);

    expect(code).toBe(exitCode);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('draft');
    expect(readFileSync(name, 'utf8')).toBe(before);
    expect(readdirSync(stateDir)).toEqual(['doorward.json5']);
  });

  it('mends a broken file step by step, and says what is left', async () => {
    const name = file(`{ gateway: { port: 'x', bind: 'everywhere' } }`);
    const { code, stderr } = await run(['config', 'set', 'gateway.port', '18790']);

    expect(code).toBe(0);
    expect(stderr).toContain('warning: still wrong: gateway.bind: ');
    expect(readFileSync(name, 'utf8')).toBe(`{ gateway: { port: 18790, bind: 'everywhere' } }`);
  });

  it('of two at once loses neither', async () => {
    const name = file('{}');
    const settings = ['gateway.port 18790', 'gateway.bind loopback', 'models.default openai/a', 'models.mode merge'];
    const all = await Promise.all(settings.map((line) => run(['config', 'set', ...line.split(' ')])));

    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect((await import('json5')).default.parse(readFileSync(name, 'utf8'))).toEqual({
      gateway: { port: 18790, bind: 'loopback' },
      models: { default: 'openai/a', mode: 'merge' },
    });
  });
});

describe('a secret', () => {
  it('as an argument works as the documents print it, with a warning that does not repeat it', async () => {
    file('{ models: { providers: { "my-provider": { type: "openai", baseUrl: "https://api.example.com/v1" } } } }');
    const { code, stdout, stderr } = await run(['configure', 'set', 'models.providers.my-provider.apiKey', SECRET]);

    expect(code).toBe(0);
    expect(stderr).toContain(
      'warning: models.providers.my-provider.apiKey is a secret, and arguments are seen by others',
    );
    expect(stdout + stderr).not.toContain(SECRET);
  });

  it.each<[string, readonly string[], () => Partial<World>]>([
    ['standard input', ['--stdin'], () => piped(`${SECRET}\n`)],
    ['a file', ['--file', 'FILE'], () => ({})],
  ])('comes from %s without a warning', async (_from, flags, world) => {
    writeFileSync(join(home, 'secret'), `${SECRET}\n`);
    const words = flags.map((flag) => flag.replace('FILE', join(home, 'secret')));
    const { code, stderr } = await run(['config', 'set', 'gateway.auth.token', ...words], world());

    expect([code, stderr]).toEqual([0, '']);
    expect(readFileSync(join(stateDir, 'doorward.json5'), 'utf8')).toContain(SECRET);
  });

  // prettier-ignore
  it.each([
    ['nothing, and nobody to ask',  [],                              'Nobody can be asked here'],
    ['two ways',                    [SECRET, '--stdin'],             'in two ways'],
    ['an empty one',                ['--file', '/dev/null'],         'is empty'],
    ['the mark of a hidden one',    ['__DOORWARD_REDACTED__'],       'holds the mark that stands for a hidden secret'],
  ])('is not taken: %s', async (_what, words, message) => {
    const { code, stderr } = await run(['config', 'set', 'gateway.auth.token', ...words], piped(''));

    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
    expect(readdirSync(stateDir)).toEqual([]);
  });
});

describe('config unset', () => {
  it('takes the key away and nothing else', async () => {
    const name = file(`{\n  // why\n  gateway: {\n    port: 18790,\n    bind: 'loopback', // here\n  },\n}\n`);
    const { code } = await run(['config', 'unset', 'gateway.port']);

    expect(code).toBe(0);
    expect(readFileSync(name, 'utf8')).toBe(`{\n  // why\n  gateway: {\n    bind: 'loopback', // here\n  },\n}\n`);
  });

  it('says so when there is nothing', async () => {
    file('{}');

    expect(await run(['config', 'unset', 'gateway.port'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('gateway.port is not set'),
    });
  });
});

describe('config get', () => {
  // prettier-ignore
  const CONFIG = `{
    gateway: { port: 18790, auth: { token: '${SECRET}' } },
    models: { providers: {
      one: { type: 'openai', baseUrl: 'https://user:${SECRET}@api.example.com/v1', apiKey: '${SECRET}', headers: { 'x-key': '${SECRET}' } },
      two: { type: 'openai', baseUrl: 'https://api.example.com/v1', apiKey: { source: 'env', id: 'TWO_API_KEY' } },
    } },
    channels: { telegram: { botToken: '${SECRET}' } },
  }`;

  it.each([[], ['gateway'], ['models'], ['gateway.auth.token'], ['models.providers.one.headers.x-key']])(
    'never shows a secret: %s',
    async (...words) => {
      file(CONFIG);
      const variables = { TWO_API_KEY: SECRET, DOORWARD_GATEWAY_PASSWORD: SECRET };
      for (const flags of [[], ['--json'], ['--show-origin'], ['--show-origin', '--json']]) {
        const { code, stdout, stderr } = await run(['config', 'get', ...words, ...flags], { variables });

        expect(code).toBe(0);
        expect(stdout + stderr).not.toContain(SECRET);
        expect(stdout).toContain('__DOORWARD_REDACTED__');
      }
    },
  );

  // prettier-ignore
  it.each([
    ['gateway.port',                      '18790'],
    ['gateway.bind',                      'loopback'],
    ['gateway.auth.token',                '__DOORWARD_REDACTED__'],
    ['models.providers.one.baseUrl',      'https://***:***@api.example.com/v1'],
    ['models.providers.two.apiKey.id',    'TWO_API_KEY'],
  ])('%s is %s', async (path, value) => {
    file(CONFIG);

    expect(await run(['config', 'get', path], { variables: { TWO_API_KEY: 'x' } })).toMatchObject({ code: 0, stdout: `${value}\n` });
  });

  it('names the winner of each setting', async () => {
    const path = file(CONFIG);
    const variables = { TWO_API_KEY: 'x', OPENCLAW_GATEWAY_BIND: 'loopback' };
    const { stdout } = await run(['config', 'get', 'gateway', '--show-origin'], { variables });

    expect(stdout).toMatch(new RegExp(`^gateway\\.port +18790 +\\(${path}\\)$`, 'm'));
    expect(stdout).toMatch(/^gateway\.bind +loopback +\(OPENCLAW_GATEWAY_BIND\)$/m);
    expect(stdout).toMatch(/^gateway\.reload\.mode +hybrid +\(default\)$/m);
  });

  // prettier-ignore
  it.each([
    ['gateway.publicUrl',           'gateway.publicUrl is not set'],
    ['channels.telegram.botToken',  'is no setting of Doorward'],
  ])('%s: exit 1', async (path, message) => {
    file(CONFIG);

    expect(await run(['config', 'get', path], { variables: { TWO_API_KEY: 'x' } })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message),
    });
  });
});

describe('config schema', () => {
  it('is JSON Schema, in which our sections are closed and secrets may be references', async () => {
    const { stdout } = await run(['config', 'schema']);
    const schema = JSON.parse(stdout) as { properties: Record<string, { properties: Record<string, object> }> };
    const gateway = schema.properties['gateway']!;
    const models = schema.properties['models'] as unknown as {
      properties: { providers: { additionalProperties: { properties: Record<string, object> } } };
    };

    expect(schema).toMatchObject({ additionalProperties: true, $defs: { SecretRef: { required: ['source', 'id'] } } });
    expect(gateway).toMatchObject({ type: 'object', additionalProperties: false });
    expect(gateway.properties['port']).toEqual({ type: 'integer', minimum: 0, maximum: 65535, default: 18789 });
    expect(gateway.properties['auth']).toMatchObject({
      properties: { token: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/SecretRef' }], writeOnly: true } },
    });
    expect(models.properties.providers.additionalProperties.properties).toMatchObject({
      type: { enum: ['openai', 'anthropic', 'codex'] },
      apiKey: { writeOnly: true },
    });
  });
});

import { readFileSync } from 'node:fs';
import { Environment } from '../../src/config/environment.js';
import { systemClock } from '../../src/kernel/clock.js';
import { findCommand } from '../../src/secrets/presets/find-command.js';
import { PRESETS } from '../../src/secrets/presets/index.js';
import { completeOptions, OptionProblem, presetProvider } from '../../src/secrets/presets/preset-provider.js';
import { ExecProvider } from '../../src/secrets/provider.settings.js';
import { execResolver } from '../../src/secrets/resolvers/exec.resolver.js';
import { SecretFailure } from '../../src/secrets/secret-resolver.js';
import { built, PROGRAM } from '../helpers/cli.js';
import { until } from '../helpers/until.js';
import { Desk } from './desk.js';

/** Programs that behave as the command lines of the keepers are documented: words, output, ways of ending. */
const STAND_INS: Readonly<Record<string, string>> = {
  op: `
    const secrets = { 'op://Personal/openai/credential': 'sk-op', 'op://Personal/openai/extra/second': 'sk-second' };
    if (!process.env.OP_SERVICE_ACCOUNT_TOKEN) { console.error('[ERROR] 2026/03/28 10:00:00 You are not currently signed in. Please run \`op signin --help\`'); process.exit(1); }
    const [verb, flag, reference] = argv;
    if (verb !== 'read' || flag !== '--no-newline') { console.error('[ERROR] unknown flag'); process.exit(1); }
    if (!(reference in secrets)) { console.error('[ERROR] 2026/03/28 10:00:00 could not read secret \\'' + reference + '\\': could not find item in vault ' + 'canary-of-stderr'); process.exit(1); }
    process.stdout.write(secrets[reference]);`,

  vault: kv('VAULT_TOKEN'),
  bao: kv('BAO_TOKEN'),

  sops: `
    const file = argv.at(-1);
    if (argv.slice(0, -1).join(' ') !== '--decrypt --output-type json') { console.error('unknown flags'); process.exit(1); }
    if (!fs.existsSync(file)) { console.error('Error: cannot operate on non-existent file'); process.exit(100); }
    if (!process.env.SOPS_AGE_KEY_FILE) { console.error('Failed to get the data key required to decrypt the SOPS file.'); process.exit(128); }
    process.stdout.write(JSON.stringify({ providers: { openai: { apiKey: 'sk-sops', number: 42, list: ['first'] }, 'a.b': '' } }, null, '\\t'));`,

  pass: `
    const entries = { 'models/openai': 'sk-pass\\nuser: me@example.com\\nurl: https://x\\n', 'empty': '\\n' };
    const [verb, name, ...rest] = argv;
    if (verb !== 'show' || rest.length > 0) process.exit(2);
    if (name === 'locked') { console.error('gpg: decryption failed: No secret key'); process.exit(2); }
    if (!(name in entries)) { console.error('Error: ' + name + ' is not in the password store.'); process.exit(1); }
    process.stdout.write(entries[name]);`,

  infisical: `
    const [group, verb, name, ...flags] = argv;
    const wanted = ['--plain', '--silent', '--projectId=p-1', '--env=prod'];
    if (group !== 'secrets' || verb !== 'get' || !wanted.every((flag) => flags.includes(flag))) { console.error('error: unknown'); process.exit(1); }
    if (!process.env.INFISICAL_TOKEN) { console.error('error: You must be logged in to run this command.'); process.exit(1); }
    const secrets = { '/:OPENAI_API_KEY': 'sk-inf', '/models:GROQ_API_KEY': 'gsk' };
    const path = flags.find((flag) => flag.startsWith('--path=')).slice(7);
    console.log(secrets[path + ':' + name] ?? '*not found*');`,
};

function kv(token: string): string {
  return `
    if (argv[0] !== 'kv' || argv[1] !== 'get' || argv[2] !== '-format=json' || argv[3] !== '-mount=secret') { console.error('flag provided but not defined'); process.exit(1); }
    if (!process.env.${token}) { console.error('Error making API request.\\n\\nCode: 403. Errors:\\n\\n* permission denied'); process.exit(2); }
    const path = argv[4];
    fs.appendFileSync(__filename + '.calls', path + '\\n');
    const metadata = { version: 3, deletion_time: '', destroyed: false };
    const entries = {
      'openclaw/openai': { data: { data: { apiKey: 'sk-kv', organisation: 'org', port: 8200, nested: {} }, metadata } },
      'v1/entry': { data: { apiKey: 'sk-v1' } },
      'deleted': { data: { data: null, metadata } },
    };
    if (!(path in entries)) { console.error('No value found at secret/data/' + path); process.exit(2); }
    console.log(JSON.stringify({ request_id: 'x', lease_duration: 0, ...entries[path] }, null, 2));`;
}

interface Known {
  readonly preset: string;
  readonly options?: Readonly<Record<string, string>>;
  /** What it is signed in with. */
  readonly signedIn?: string;
  readonly values: Readonly<Record<string, string>>;
  readonly errors: Readonly<Record<string, string>>;
  /** What is said when nobody is signed in. */
  readonly locked?: string;
}

const KV = {
  values: {
    'openclaw/openai#apiKey': 'sk-kv',
    'openclaw/openai#organisation': 'org',
    'openclaw/openai/apiKey': 'sk-kv',
    'openclaw/openai#port': '8200',
    'v1/entry#apiKey': 'sk-v1',
  },
  errors: {
    'openclaw/openai#nobody': 'is not there',
    'openclaw/openai#nested': 'is no text',
    'openclaw/openai#constructor': 'is not there',
    'not/there#x': 'is not there',
    'deleted#x': 'is not there',
    alone: 'must be written as a path with a field',
  },
  locked: 'may not be read with this sign in',
};

const KNOWN: readonly Known[] = [
  {
    preset: '1password',
    signedIn: 'OP_SERVICE_ACCOUNT_TOKEN',
    values: {
      'Personal/openai/credential': 'sk-op',
      'Personal/openai/extra/second': 'sk-second',
      'op://Personal/openai/credential': 'sk-op',
    },
    errors: { 'Personal/nobody/x': 'is not there', 'Personal/openai': 'must be written' },
    locked: 'nobody is signed in',
  },
  { preset: 'vault', signedIn: 'VAULT_TOKEN', ...KV },
  { preset: 'openbao', signedIn: 'BAO_TOKEN', ...KV },
  {
    preset: 'sops',
    signedIn: 'SOPS_AGE_KEY_FILE',
    options: { file: '$FILE' },
    values: {
      'providers/openai/apiKey': 'sk-sops',
      'providers/openai/number': '42',
      'providers/openai/list/0': 'first',
    },
    errors: {
      'providers/openai': 'is no text',
      'providers/nobody': 'is not there',
      'providers/a.b': 'is empty',
      'providers/constructor': 'is not there',
    },
    locked: 'cannot be decrypted because the key is not here',
  },
  {
    preset: 'pass',
    values: { 'models/openai': 'sk-pass', 'models/openai#user': 'me@example.com', 'models/openai#url': 'https://x' },
    errors: {
      'models/nobody': 'is not there',
      empty: 'is empty',
      locked: 'the key is locked or not here',
      'models/openai#pin': 'is not there',
    },
  },
  {
    preset: 'infisical',
    signedIn: 'INFISICAL_TOKEN',
    options: { project: 'p-1' },
    values: { OPENAI_API_KEY: 'sk-inf', 'models/GROQ_API_KEY': 'gsk' },
    errors: { NOBODY: 'is not there', 'models/-x': 'must be the name of a secret' },
    locked: 'nobody is signed in',
  },
];

let desk: Desk;
beforeAll(built, 120_000);
beforeEach(() => {
  desk = new Desk();
  for (const [name, body] of Object.entries(STAND_INS)) desk.program(`bin/${name}`, body);
  desk.file('secrets.enc.yaml', 'encrypted');
});
afterEach(() => desk.remove());

/** As `secrets configure --preset` writes it, and as the gateway asks it. */
async function ask(
  { preset: name, options = {}, signedIn }: Known,
  ids: readonly string[],
  isSignedIn = true,
): Promise<Map<string, string>> {
  const preset = PRESETS.find((one) => one.name === name)!;
  const command = (await findCommand(preset.command, `relative:${desk.path('nowhere')}:${desk.path('bin')}`))!;
  const given = Object.fromEntries(
    Object.entries(options).map(([key, value]) => [key, value.replace('$FILE', desk.path('secrets.enc.yaml'))]),
  );
  const provider = presetProvider(preset, command, completeOptions(preset, given), {
    node: process.execPath,
    script: PROGRAM,
  });
  const found = await execResolver.resolve({
    alias: name,
    settings: Object.assign(new ExecProvider(), provider),
    ids,
    environment: new Environment({
      HOME: desk.home,
      ...(signedIn !== undefined && isSignedIn && { [signedIn]: 'signed-in' }),
    }),
    clock: systemClock,
  });
  return new Map(
    [...found].map(([id, answer]) => [id, answer instanceof SecretFailure ? `error: ${answer.message}` : answer]),
  );
}

it('there is a stand-in for every preset', () => {
  expect(KNOWN.map(({ preset }) => preset)).toEqual(PRESETS.map(({ name }) => name));
});

describe.each(KNOWN.map((known) => [known.preset, known] as const))('%s', (_name, known) => {
  it('gives all that is there, and says of the rest what is the matter, in one process of ours', async () => {
    const answers = await ask(known, [...Object.keys(known.values), ...Object.keys(known.errors)]);

    for (const [id, value] of Object.entries(known.values)) {
      expect([id, answers.get(id)]).toEqual([id, value]);
    }
    for (const [id, message] of Object.entries(known.errors)) {
      expect([id, answers.get(id)]).toEqual([id, expect.stringContaining(message)]);
      expect(answers.get(id)).toMatch(/^error: /);
    }
    expect([...answers.values()].join()).not.toContain('canary-of-stderr');
  }, 30_000);

  it('says when nobody is signed in', async () => {
    if (known.locked === undefined) return;
    const id = Object.keys(known.values)[0]!;

    expect((await ask(known, [id], false)).get(id)).toContain(known.locked);
  }, 30_000);
});

it('an entry of Vault is read once, however many of its fields are wanted', async () => {
  const vault = KNOWN.find(({ preset }) => preset === 'vault')!;
  await ask(vault, ['openclaw/openai#apiKey', 'openclaw/openai#organisation', 'v1/entry#apiKey']);

  expect(readFileSync(desk.path('bin/vault.calls'), 'utf8').split('\n').filter(Boolean).toSorted()).toEqual([
    'openclaw/openai',
    'v1/entry',
  ]);
}, 30_000);

it('S158: a keeper that hangs is ended with everything that stands between', async () => {
  const pid = desk.path('pid');
  desk.program('bin/op', `fs.writeFileSync('${pid}', String(process.pid)); setInterval(() => {}, 1000);`);
  const preset = PRESETS.find(({ name }) => name === '1password')!;
  const command = (await findCommand('op', desk.path('bin')))!;
  const provider = presetProvider(preset, command, {}, { node: process.execPath, script: PROGRAM });
  const asked = execResolver.resolve({
    alias: 'op',
    settings: Object.assign(new ExecProvider(), provider, { timeoutMs: 3000 }),
    ids: ['a/b/c'],
    environment: new Environment({ HOME: desk.home }),
    clock: systemClock,
  });

  await expect(asked).rejects.toThrow('did not end within 3000 ms');
  const started = Number(readFileSync(pid, 'utf8'));
  const isGone = (): boolean => {
    try {
      process.kill(started, 0);
      return /^State:\s+Z/m.test(readFileSync(`/proc/${started}/status`, 'utf8')); // ended, and nobody has asked how
    } catch {
      return true;
    }
  };
  await until('the end of the keeper', isGone);
}, 30_000);

describe('the resolver as a command', () => {
  const ask = (args: readonly string[], input: string): ReturnType<Desk['run']> =>
    desk.run(['secrets', 'resolver', ...args], { input, env: { PATH: process.env['PATH']!, VAULT_TOKEN: 'x' } });
  const question = JSON.stringify({ protocolVersion: 1, provider: 'vault', ids: ['openclaw/openai#apiKey'] });

  it('speaks the protocol', async () => {
    const { code, stdout, stderr } = await ask(['vault', '--command', desk.path('bin/vault')], question);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      protocolVersion: 1,
      values: { 'openclaw/openai#apiKey': 'sk-kv' },
      errors: {},
    });
  });

  // prettier-ignore
  it.each([
    ['an unknown preset',       ['lastpass', '--command', '/bin/true'],                  2, 'no such preset'],
    ['a relative command',      ['vault', '--command', 'vault'],                         2, 'absolute path'],
    ['an unknown option',       ['vault', '--command', '/bin/true', '--set', 'x=1'],     2, 'is no option of vault'],
    ['an option that is a flag', ['vault', '--command', '/bin/true', '--set', 'mount=-x'], 2, 'mount must be'],
    ['a missing option',        ['sops', '--command', '/bin/true'],                      2, 'file is needed'],
    ['a program that is not there', ['vault', '--command', '/nowhere/vault'],            1, 'cannot be run'],
  ])('refuses %s', async (_what, args, code, words) => {
    expect(await ask(args, question)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(words) });
  });

  it('S156: refuses a program that others may change', async () => {
    desk.program('bin/open', '', 0o777);

    expect(await ask(['vault', '--command', desk.path('bin/open')], question)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('can be changed by others'),
    });
  });

  it.each(['', 'no json', '[]', '{"protocolVersion":2,"ids":[]}', '{"protocolVersion":1,"ids":[1]}'])(
    'refuses the question %j',
    async (input) => {
      expect(await ask(['vault', '--command', desk.path('bin/vault')], input)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('no question of the protocol'),
      });
    },
  );

  it('ids cannot become flags or other paths', async () => {
    const ids = ['-x#y', '../up#y', '/abs#y', 'a b#c'];
    const { stdout } = await ask(
      ['vault', '--command', desk.path('bin/vault')],
      JSON.stringify({ protocolVersion: 1, ids }),
    );

    const { values, errors } = JSON.parse(stdout) as { values: object; errors: Record<string, { message: string }> };
    expect(values).toEqual({});
    expect(Object.values(errors).map(({ message }) => message)).toEqual(ids.map(() => 'is no id of a secret'));
    expect(desk.has('bin/vault.calls')).toBe(false);
  });
});

it('an option must be one that a preset takes', () => {
  const vault = PRESETS.find(({ name }) => name === 'vault')!;

  expect(completeOptions(vault, {})).toEqual({ mount: 'secret' });
  expect(() => completeOptions(vault, { mount: '; rm -rf /' })).toThrow(OptionProblem);
});

import { readdirSync, statSync } from 'node:fs';
import { Desk } from './desk.js';

const SECRET = 'canary-0123456789abcdefghijklmnopqrstuv';
const CONFIG = '.doorward/doorward.json5';
const PROFILES = 'agents/main/agent/auth-profiles.json';

/** In the menu of providers. */
const MENU = { onePassword: '1', vault: '2', env: '7', file: '8', exec: '9', noMore: '10' } as const;

let desk: Desk;
beforeEach(() => (desk = new Desk()));
afterEach(() => desk.remove());

const configure = (typed: readonly string[], flags = '', env: Record<string, string> = {}): ReturnType<Desk['run']> =>
  desk.run(`secrets configure ${flags}`, { typed, env });

it('asks for providers, then for secrets, tries them, and carries the plan out', async () => {
  const keys = desk.file('keys.json', { house: SECRET, openai: 'sk-the-real-one-0123456789' });
  desk.put('doorward.json5', `{ gateway: { auth: { token: '${SECRET}' } } } // mine`);
  desk.put(PROFILES, {
    version: 1,
    profiles: { 'openai:default': { type: 'api_key', provider: 'openai', key: 'sk-the-real-one-0123456789' } },
  });

  const { code, stdout, stderr } = await configure([
    MENU.file,
    keys,
    '1',
    'keys',
    MENU.noMore,
    '1',
    '/house',
    '1',
    '/openai',
    'yes',
  ]);

  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Done; 2 of 2 references resolve') });
  expect(stderr).toContain('cannot be undone');
  expect(desk.read(CONFIG)).toContain('// mine');
  expect(desk.read(CONFIG)).not.toContain(SECRET);
  expect(JSON.parse(desk.read(`.doorward/${PROFILES}`))).toMatchObject({
    profiles: { 'openai:default': { keyRef: { source: 'file', provider: 'keys', id: '/openai' } } },
  });
  expect(stdout + stderr).not.toContain(SECRET);
  expect(await desk.run('secrets audit --check')).toMatchObject({ code: 0 });
});

it('says no: nothing is changed', async () => {
  desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } });
  const before = desk.read(CONFIG);

  const { code, stdout } = await configure([MENU.noMore, '1', 'HOUSE', ''], '', { HOUSE: SECRET });
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Nothing was changed.') });
  expect(desk.read(CONFIG)).toBe(before);
  expect(readdirSync(desk.state)).toEqual(['doorward.json5']);
});

it('asks again for what cannot be', async () => {
  desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } });

  const { code, stderr } = await configure(['0', 'x', '', MENU.noMore, '99', '1', 'lower case', '', 'HOUSE', 'y'], '', {
    HOUSE: SECRET,
  });
  expect(code).toBe(0);
  expect(stderr).toContain('A number from 1 to 10, please.');
  expect(stderr).toContain('Something has to be said here.');
  expect(stderr).toContain('It is no name of a variable');
  expect(desk.read(CONFIG)).toContain('HOUSE');
});

it('a reference that does not resolve is refused before anything is written', async () => {
  desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } });
  const before = desk.read(CONFIG);

  const { code, stderr } = await configure([MENU.noMore, '1', 'NOT_THERE', 'y']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('NOT_THERE is not set') });
  expect(desk.read(CONFIG)).toBe(before);
});

it('whoever leaves early changes nothing', async () => {
  desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } });

  expect(await configure([MENU.noMore, '1'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ended early'),
  });
  expect(desk.read(CONFIG)).toContain(SECRET);
});

it('leaves a secret where it is, on demand', async () => {
  desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } });

  expect(await configure([MENU.noMore, '2'])).toMatchObject({ code: 0, stdout: 'Nothing to do.\n' });
});

it('writes the plan for its owner alone, without a secret in it, and apply takes it', async () => {
  desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } });
  const path = desk.path('plan.json');

  expect(await configure([MENU.noMore, '1', 'HOUSE', 'n'], `--plan-out ${path}`, { HOUSE: SECRET })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('secrets apply --from'),
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(desk.read('plan.json')).not.toContain(SECRET);
  expect(desk.read(CONFIG)).toContain(SECRET);

  expect(await desk.run(`secrets apply --from ${path}`, { env: { HOUSE: SECRET } })).toMatchObject({ code: 0 });
  expect(desk.read(CONFIG)).not.toContain(SECRET);
});

it('of profiles, those of one agent', async () => {
  const profiles = { version: 1, profiles: { 'x:default': { type: 'token', provider: 'x', token: SECRET } } };
  desk.put(PROFILES, profiles);
  desk.put(PROFILES.replace('main', 'work'), profiles);

  await configure([MENU.noMore, '1', 'X_TOKEN', 'y'], '--agent work', { X_TOKEN: SECRET });
  expect(desk.read(`.doorward/${PROFILES}`)).toContain(SECRET);
  expect(desk.read(`.doorward/${PROFILES.replace('main', 'work')}`)).toContain('"tokenRef"');
});

describe('a preset', () => {
  it('finds its program once, and writes a provider that calls it', async () => {
    const vault = desk.program('bin/vault', '');

    const { code, stdout } = await configure(
      ['', '', 'y', 'y'],
      '--preset vault --providers-only --allow-exec --json',
      { PATH: desk.path('bin') },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      plan: {
        version: 1,
        providerUpserts: {
          vault: {
            source: 'exec',
            command: process.execPath,
            args: ['doorward', 'secrets', 'resolver', 'vault', '--command', vault, '--set', 'mount=secret'],
            passEnv: expect.arrayContaining(['VAULT_ADDR', 'VAULT_TOKEN']),
            jsonOnly: true,
          },
        },
      },
      preflight: { mode: 'dry-run' },
      applied: { mode: 'write', changed: true },
    });
    expect(desk.read(CONFIG)).toContain('VAULT_ADDR');
    expect(await desk.run('secrets audit --check')).toMatchObject({ code: 0 });
  });

  it('asks where its program is when it is not on the path', async () => {
    const op = desk.program('elsewhere/op', '');

    const { stdout } = await configure(
      ['op', '/nowhere/op', op, '', 'n'],
      '--preset 1password --providers-only --allow-exec --json',
      { PATH: '/nowhere' },
    );
    expect(stdout).toContain(op);
    expect(JSON.parse(stdout)).toMatchObject({ plan: { providerUpserts: { op: { source: 'exec' } } }, applied: null });
  });

  it('that is none: wrong usage', async () => {
    expect(await configure([], '--preset lastpass')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('1password, vault'),
    });
  });
});

describe('wrong usage', () => {
  it('without a terminal', async () => {
    expect(await desk.run('secrets configure')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no terminal'),
    });
  });

  it('with nothing left to do', async () => {
    expect(await configure([], '--providers-only --skip-provider-setup')).toMatchObject({ code: 2 });
  });
});

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FileProfileStore } from '../../src/credentials/stores/file.profile-store.js';
import { built, CliHome } from '../helpers/cli.js';
import { Desk } from './desk.js';

const SECRET = 'canary-0123456789abcdefghijklmnopqrstuv';
const PROFILES = '.doorward/agents/main/agent/auth-profiles.json';
const CONFIG = '.doorward/doorward.json5';

let desk: Desk;
let keys: string;
beforeEach(() => {
  desk = new Desk();
  keys = desk.file('keys.json', { house: SECRET, openai: SECRET, other: 'another-secret-0123456789abcdef' });
});
afterEach(() => desk.remove());

const ref = (id: string): object => ({ source: 'file', provider: 'keys', id });
const target = (path: string, id: string, more: object = {}): object => ({ type: path, path, ref: ref(id), ...more });
const OPENAI = { type: 'models.providers.apiKey', path: 'models.providers.openai.apiKey', ref: ref('/openai') };
const PROFILE = {
  type: 'auth-profiles.api_key.key',
  path: 'profiles.openai:default.key',
  pathSegments: ['profiles', 'openai:default', 'key'],
  agentId: 'main',
  ref: ref('/openai'),
};

const plan = (targets: readonly object[], more: object = {}): object => ({
  version: 1,
  protocolVersion: 1,
  targets,
  providerUpserts: { keys: { source: 'file', path: keys } },
  ...more,
});

async function apply(content: unknown, flags = ''): ReturnType<Desk['run']> {
  return desk.run(`secrets apply --from ${desk.file('plan.json', content)} ${flags}`);
}

/** All files with their content, as a text to compare. */
function everything(folder = desk.state): string {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return names
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted()
    .map((path) => `${path}\n${desk.read(path.slice(desk.home.length + 1))}`)
    .join('\n');
}

it('puts references where secrets stand, and leaves every other character as it is', async () => {
  desk.put(
    'doorward.json5',
    `// ours\n{\n  gateway: {\n    auth: { token: '${SECRET}' }, // the house key\n  },\n  channels: { x: 1 },\n}\n`,
  );

  expect(await apply(plan([target('gateway.auth.token', '/house')]))).toMatchObject({ code: 0 });

  const text = desk.read(CONFIG);
  expect(text).not.toContain(SECRET);
  expect(text).toContain('// ours');
  expect(text).toContain('// the house key');
  expect(text).toContain('channels: { x: 1 }');
  expect(await desk.run('secrets audit --check')).toMatchObject({ code: 0 });
  expect(statSync(desk.path(CONFIG)).mode & 0o777).toBe(0o600);
});

it('moves secrets out of profiles, and copies of them from wherever else they stand', async () => {
  desk.put('doorward.json5', { models: { providers: { openai: { apiKey: SECRET } } } });
  desk.put('.env', `# mine\nOPENAI_API_KEY=${SECRET}\nLANG=de\nOTHER_API_KEY=${'x'.repeat(20)}\n`);
  desk.put('agents/main/agent/auth-profiles.json', {
    version: 1,
    profiles: {
      'openai:default': { type: 'api_key', provider: 'openai', key: SECRET, email: 'me@example.com' },
      'openai:other': { type: 'api_key', provider: 'openai', key: 'sk-of-somebody-else' },
    },
    usageStats: { 'openai:default': { lastUsed: 5 } },
    later: { kept: true },
  });
  desk.put('agents/main/agent/auth.json', {
    openai: { type: 'api_key', key: SECRET },
    codex: { type: 'oauth', access: 'a' },
  });

  const { code, stdout } = await apply(plan([OPENAI, PROFILE]), '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: true,
    mode: 'write',
    changed: true,
    targets: 2,
    refsChecked: 2,
    warningCount: 0,
    backups: null,
  });
  expect(JSON.parse(desk.read(PROFILES))).toEqual({
    version: 1,
    profiles: {
      'openai:default': { type: 'api_key', provider: 'openai', email: 'me@example.com', keyRef: ref('/openai') },
      'openai:other': { type: 'api_key', provider: 'openai', key: 'sk-of-somebody-else' },
    },
    usageStats: { 'openai:default': { lastUsed: 5 } },
    later: { kept: true },
  });
  expect(desk.read('.doorward/.env')).toBe(`# mine\nLANG=de\nOTHER_API_KEY=${'x'.repeat(20)}\n`);
  expect(JSON.parse(desk.read('.doorward/agents/main/agent/auth.json'))).toEqual({
    codex: { type: 'oauth', access: 'a' },
  });
  expect(everything()).not.toContain(SECRET);
});

it('a provider key that moves takes copies in profiles along, unless the plan says not to', async () => {
  desk.put('doorward.json5', { models: { providers: { openai: { apiKey: SECRET } } } });
  const profiles = { version: 1, profiles: { 'openai:default': { type: 'api_key', provider: 'openai', key: SECRET } } };
  desk.put('agents/work/agent/auth-profiles.json', profiles);

  await apply(plan([OPENAI], { options: { scrubAuthProfilesForProviderTargets: false } }));
  expect(desk.read('.doorward/agents/work/agent/auth-profiles.json')).toContain(SECRET);

  desk.put('doorward.json5', { models: { providers: { openai: { apiKey: SECRET } } } });
  await apply(plan([OPENAI]));
  expect(desk.read('.doorward/agents/work/agent/auth-profiles.json')).toContain('"keyRef"');
  expect(everything()).not.toContain(SECRET);
});

it('a variable of .env that a reference needs stays', async () => {
  desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } });
  desk.put('.env', `HOUSE_KEY=${SECRET}\n`);
  const moved = {
    type: 'gateway.auth.token',
    path: 'gateway.auth.token',
    ref: { source: 'env', provider: 'default', id: 'HOUSE_KEY' },
  };

  expect(await apply(plan([moved], { providerUpserts: {} }))).toMatchObject({ code: 0 });
  expect(desk.read('.doorward/.env')).toBe(`HOUSE_KEY=${SECRET}\n`);
});

it('edits an included file where the secret stands', async () => {
  desk.put('doorward.json5', `{ models: { $include: './parts/models.json5' } } // mine`);
  desk.put('parts/models.json5', `{ providers: { openai: { apiKey: '${SECRET}' } } } // theirs`);

  expect(await apply(plan([OPENAI]))).toMatchObject({ code: 0 });
  expect(desk.read('.doorward/parts/models.json5')).toContain('// theirs');
  expect(desk.read(CONFIG)).toContain('// mine');
  expect(everything()).not.toContain(SECRET);
  expect(readdirSync(desk.state)).not.toContainEqual(expect.stringContaining('draft'));
  expect(await desk.run('secrets audit --check')).toMatchObject({ code: 0 });
});

it('edits YAML', async () => {
  desk.put('doorward.yaml', `# mine\ngateway:\n  auth:\n    token: ${SECRET} # the house key\n`);

  expect(await apply(plan([target('gateway.auth.token', '/house')]))).toMatchObject({ code: 0 });
  const text = desk.read('.doorward/doorward.yaml');
  expect(text).toContain('# mine');
  expect(text).not.toContain(SECRET);
});

it('makes a configuration where there is none', async () => {
  expect(await apply(plan([target('gateway.auth.token', '/house')]))).toMatchObject({ code: 0 });
  expect(desk.read(CONFIG)).toContain('/house');
});

it('a dry run says what it would do, and does nothing', async () => {
  desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } });
  const before = everything();

  const { code, stdout } = await apply(plan([target('gateway.auth.token', '/house')]), '--dry-run');
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Would change') });
  expect(everything()).toBe(before);
});

it('warns when a reference gives another secret', async () => {
  desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } });

  const { code, stdout, stderr } = await apply(plan([target('gateway.auth.token', '/other')]));
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('gives another secret') });
  expect(stdout + stderr).not.toMatch(/canary|another-secret/);
});

it('done twice, it changes nothing more', async () => {
  await apply(plan([target('gateway.auth.token', '/house')]));
  const before = everything();

  expect(await apply(plan([target('gateway.auth.token', '/house')]))).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Nothing to change'),
  });
  expect(everything()).toBe(before);
});

it('keeps copies for their owner alone, on demand, and the audit tells of them', async () => {
  desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } }, 0o644);

  const { stdout } = await apply(plan([target('gateway.auth.token', '/house')]), '--keep-backups --json');
  const { backups } = JSON.parse(stdout) as { backups: string };
  expect(statSync(backups).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(backups)) expect(statSync(join(backups, name)).mode & 0o777).toBe(0o600);
  expect((await desk.run('secrets audit')).stdout).toContain('LEGACY_RESIDUE');
});

describe('refuses, with everything that is wrong, and changes nothing', () => {
  const secret = { gateway: { auth: { token: SECRET } } };

  // prettier-ignore
  it.each<[what: string, content: () => unknown, words: string[]]>([
    ['what is no JSON',            () => 'targets: []',                                                           ['is no JSON']],
    ['another version',            () => plan([], { version: 2 }),                                                ['version: must be 1']],
    ['an unknown part',            () => plan([], { shell: 'rm' }),                                               ['shell: is no part of a plan']],
    ['several mistakes at once',   () => plan([{ path: 'x' }, target('gateway.port', '/house')], { version: 2 }), ['version: must be 1', 'targets[0].type', 'targets[0].ref']],
    ['a path that is no secret',   () => plan([target('gateway.port', '/house')]),                                ['gateway.port: is no secret']],
    ['a path of another type',     () => plan([{ ...OPENAI, path: 'gateway.auth.token' }]),                       ['is of the type gateway.auth.token']],
    ['keys beside the path',       () => plan([{ ...OPENAI, pathSegments: ['gateway', 'auth', 'token'] }]),       ['must be the keys of path']],
    ['a way to a prototype',       () => plan([target('models.providers.__proto__.apiKey', '/house')]),           ['has a key that no file may have']],
    ['an id beside the path',      () => plan([{ ...OPENAI, providerId: 'groq' }]),                               ['that its path does not name']],
    ['one place twice',            () => plan([OPENAI, OPENAI]),                                                  ['is there twice']],
    ['a text for a reference',     () => plan([{ ...OPENAI, ref: '${OPENAI_API_KEY}' }]),                         ['must be a reference']],
    ['an alias that is none',      () => plan([], { providerUpserts: { 'A b': {} } }),                            ['an alias must be']],
    ['a provider that is wrong',   () => plan([], { providerUpserts: { keys: { source: 'file', path: 'here' } } }), ['secrets.providers.keys.path', 'absolute path']],
    ['a provider that is not there', () => plan([], { providerDeletes: ['nobody'] }),                             ['is to be taken away, and is not there']],
    ['a reference that fails',     () => plan([target('gateway.auth.token', '/nobody')]),                         ['gateway.auth.token', 'has nothing at /nobody']],
    ['one that nobody needs now',  () => plan([target('gateway.auth.password', '/nobody')]),                      ['gateway.auth.password', 'has nothing at /nobody']],
    ['a profile without an agent', () => plan([{ ...PROFILE, agentId: undefined }]),                              ['targets[0].agentId']],
    ['an agent that is not there', () => plan([{ ...PROFILE, agentId: 'nobody' }]),                               ['there is no agent "nobody"']],
    ['a profile that is not there', () => plan([PROFILE]),                                                        ['there is no such profile']],
    ['a login',                    () => plan([{ ...PROFILE, path: 'profiles.login.key', pathSegments: undefined }]), ['is of the type oauth']],
    ['a program, unless allowed',  () => plan([{ ...OPENAI, ref: { source: 'exec', provider: 'v', id: 'x' } }], { providerUpserts: { v: { source: 'exec', command: '/bin/true' } } }), ['--allow-exec']],
  ])('%s', async (_what, content, words) => {
    desk.put('doorward.json5', secret);
    desk.put('agents/main/agent/auth-profiles.json', { version: 1, profiles: { login: { type: 'oauth', provider: 'x', access: 'a' } } });
    const before = everything();

    const { code, stderr, stdout } = await apply(content());
    for (const word of words) expect(stderr).toContain(word);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(everything()).toBe(before);
    expect(stderr).not.toContain(SECRET);
  });

  it('profiles, while they are sealed in the database', async () => {
    desk.put('doorward.json5', { models: { store: 'database' } });

    expect(await apply(plan([PROFILE]))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('doorward models auth'),
    });
  });

  it('a plan file that is not there: wrong usage', async () => {
    expect(await desk.run('secrets apply --from /nowhere/plan.json')).toMatchObject({ code: 2 });
  });

  it('when a file cannot be written, and takes back what was written already', async () => {
    desk.put('doorward.json5', secret);
    desk.put('agents/main/agent/auth-profiles.json', {
      version: 1,
      profiles: { 'openai:default': { type: 'api_key', provider: 'openai', key: SECRET } },
    });
    const before = everything();
    const full = jest.spyOn(FileProfileStore.prototype, 'update').mockRejectedValueOnce(new Error('no space left'));

    const { code, stderr } = await apply(plan([target('gateway.auth.token', '/house'), PROFILE]));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('no space left') });
    expect(full).toHaveBeenCalledTimes(1);
    expect(everything()).toBe(before);
  });
});

describe('a program that keeps secrets', () => {
  const exec = (id: string): object =>
    plan([{ type: 'gateway.auth.token', path: 'gateway.auth.token', ref: { source: 'exec', provider: 'vault', id } }], {
      providerUpserts: { vault: { source: 'exec', command: desk.path('vault') } },
    });

  beforeEach(() => {
    desk.program(
      'vault',
      `const { ids } = JSON.parse(stdin());
       process.stdout.write(JSON.stringify({ protocolVersion: 1, values: Object.fromEntries(ids.filter((id) => id === 'house').map((id) => [id, '${SECRET}'])) }));`,
    );
    desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } });
  });

  it('is not run by a dry run, which says what it did not measure', async () => {
    const { code, stdout } = await apply(exec('house'), '--dry-run --json');

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ refsChecked: 0, skippedExecRefs: 1, resolvabilityComplete: false });
  });

  it('is asked before anything is written', async () => {
    expect(await apply(exec('nobody'), '--allow-exec')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not know this id'),
    });
    expect(desk.read(CONFIG)).toContain(SECRET);

    expect(await apply(exec('house'), '--allow-exec')).toMatchObject({ code: 0 });
    expect(desk.read(CONFIG)).not.toContain(SECRET);
  });
});

it('as a program', async () => {
  await built();
  desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } });
  const home = new CliHome();
  try {
    const { code, stdout } = await home.run(
      ['secrets', 'apply', '--from', desk.file('plan.json', plan([target('gateway.auth.token', '/house')]))],
      {
        env: { DOORWARD_STATE_DIR: desk.state },
      },
    );

    expect(code).toBe(0);
    expect(stdout).toContain('Changed');
    expect(desk.read(CONFIG)).not.toContain(SECRET);
  } finally {
    await home.remove();
  }
}, 120_000);

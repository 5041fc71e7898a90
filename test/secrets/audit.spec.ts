import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SecretAudit } from '../../src/secrets/audit/audit.js';
import { built, CliHome } from '../helpers/cli.js';
import { Desk } from './desk.js';

const SECRET = 'canary-0123456789abcdefghijklmnopqrstuv';
const PROFILES = 'agents/main/agent/auth-profiles.json';

let desk: Desk;
beforeEach(() => (desk = new Desk()));
afterEach(() => desk.remove());

async function audit(line = '', env: Record<string, string> = {}): Promise<SecretAudit & { text: string }> {
  const { stdout, stderr, code } = await desk.run(`secrets audit --json ${line}`, { env });
  expect({ code: line.includes('--check') ? 0 : code, stderr }).toEqual({ code: 0, stderr: '' });
  return { ...(JSON.parse(stdout) as SecretAudit), text: stdout };
}

const found = ({ findings }: SecretAudit): string[] => findings.map(({ code, jsonPath }) => `${code} ${jsonPath}`);

it('an installation without anything is clean', async () => {
  expect(await audit()).toMatchObject({
    status: 'clean',
    summary: { plaintextCount: 0, unresolvedRefCount: 0, shadowedRefCount: 0, legacyResidueCount: 0 },
    resolution: { refsChecked: 0, skippedExecRefs: 0, resolvabilityComplete: true },
    findings: [],
    unmeasured: [],
  });
});

describe('a secret in plain text', () => {
  // prettier-ignore
  it.each([
    ['the house key',            { gateway: { auth: { token: SECRET } } },                                   'gateway.auth.token'],
    ['a key of a provider',      { models: { providers: { openai: { apiKey: SECRET } } } },                  'models.providers.openai.apiKey'],
    ['a sensitive header',       { models: { providers: { openai: { headers: { 'x-api-key': SECRET } } } } }, 'models.providers.openai.headers.x-api-key'],
    ['a header with a bearer',   { models: { providers: { openai: { headers: { 'x-via': `Bearer ${SECRET}` } } } } }, 'models.providers.openai.headers.x-via'],
    ['an address with a password', { database: { url: `postgres://me:${SECRET}@db/x` } },                    'database.url'],
    ['a base URL with a key',    { models: { providers: { x: { baseUrl: `https://x.example/v1?key=${SECRET}` } } } }, 'models.providers.x.baseUrl'],
    ['a variable of the block',  { env: { OPENAI_API_KEY: SECRET } },                                        'env.OPENAI_API_KEY'],
    ['one under vars',           { env: { vars: { GROQ_API_KEY: SECRET } } },                                'env.vars.GROQ_API_KEY'],
    ['a variable of a program',  { secrets: { providers: { v: { source: 'exec', command: '/bin/true', env: { VAULT_TOKEN: SECRET } } } } }, 'secrets.providers.v.env.VAULT_TOKEN'],
    ['a bot of the family',      { channels: { telegram: { botToken: SECRET } } },                           'channels.telegram.botToken'],
  ])('%s', async (_what, config, path) => {
    const file = desk.put('doorward.json5', config);
    const report = await audit();

    expect(report).toMatchObject({ status: 'findings', summary: { plaintextCount: 1 } });
    expect(report.findings).toEqual([
      { code: 'PLAINTEXT_FOUND', severity: 'warn', file, jsonPath: path, message: expect.any(String) },
    ]);
    expect(report.text).not.toContain(SECRET);
  });

  // prettier-ignore
  it.each([
    ['a hash of a password',     { gateway: { auth: { password: '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo' } } }],
    ['a header that is no secret', { models: { providers: { openai: { headers: { 'x-title': 'My gateway' } } } } }],
    ['a server without password', { database: { url: 'postgres://db.example/doorward' } }],
    ['a reference',              { gateway: { auth: { token: '${HOUSE}' } } }],
    ['a variable inside text',   { models: { providers: { openai: { headers: { authorization: 'Bearer ${HOUSE}' } } } } }],
    ['what only sounds like one', { session: { key: 'main-session' }, tools: { maxTokens: '12345678' } }],
  ])('%s is none', async (_what, config) => {
    desk.put('doorward.json5', config);

    expect(await audit('', { HOUSE: SECRET })).toMatchObject({ status: 'clean', findings: [] });
  });

  it('in an included file, which is named', async () => {
    desk.put('doorward.json5', { models: { $include: './models.json5' } });
    const file = desk.put('models.json5', { providers: { openai: { apiKey: SECRET } } });

    const { findings, filesScanned } = await audit();
    expect(findings).toMatchObject([{ file, jsonPath: 'models.providers.openai.apiKey' }]);
    expect(filesScanned).toContain(file);
  });

  it('in .env, by the names of variables', async () => {
    const file = desk.put('.env', `OPENAI_API_KEY=${SECRET}\nLANG=de\nGATEWAY_TOKEN_FILE=/run/secrets/token\n`);

    expect((await audit()).findings).toMatchObject([
      { code: 'PLAINTEXT_FOUND', file, jsonPath: '$env.OPENAI_API_KEY' },
    ]);
  });

  it('in the profiles of every agent, also of one that the configuration has forgotten', async () => {
    desk.put(PROFILES, profiles({ 'openai:default': { type: 'api_key', provider: 'openai', key: SECRET } }));
    desk.put(
      PROFILES.replace('main', 'old'),
      profiles({ 'x:manual': { type: 'token', provider: 'x', token: SECRET } }),
    );
    desk.put('doorward.json5', { agents: { list: [{ id: 'main' }, { id: 'far', agentDir: desk.path('far') }] } });
    desk.file('far/auth-profiles.json', profiles({ 'y:default': { type: 'api_key', provider: 'y', key: SECRET } }));

    const report = await audit();
    expect(found(report).toSorted()).toEqual([
      'PLAINTEXT_FOUND profiles.openai:default.key',
      'PLAINTEXT_FOUND profiles.x:manual.token',
      'PLAINTEXT_FOUND profiles.y:default.key',
    ]);
    expect(report.text).not.toContain(SECRET);
  });

  it('beside a reference that is used in its place', async () => {
    const keyRef = { source: 'env', provider: 'default', id: 'OPENAI_API_KEY' };
    desk.put(PROFILES, profiles({ 'openai:default': { type: 'api_key', provider: 'openai', key: SECRET, keyRef } }));

    const report = await audit('', { OPENAI_API_KEY: 'x' });
    expect(report.findings).toMatchObject([
      { jsonPath: 'profiles.openai:default.key', message: expect.stringContaining('keyRef is used') },
    ]);
    expect(report.resolution.refsChecked).toBe(1);
  });

  it('a login is none: it can stand nowhere else', async () => {
    const login = { type: 'oauth', provider: 'openai-codex', access: SECRET, refresh: SECRET, expires: 1 };
    desk.put(PROFILES, profiles({ 'openai-codex:default': login }));

    expect(await audit()).toMatchObject({ status: 'clean' });
  });
});

describe('a reference', () => {
  const config = (token: unknown, providers: object = {}): object => ({
    gateway: { auth: { token } },
    secrets: { providers },
  });

  // prettier-ignore
  it.each([
    ['to a variable that is not set',  { source: 'env', provider: 'default', id: 'NOT_THERE' },  'NOT_THERE is not set'],
    ['to a provider that is not there', { source: 'file', provider: 'nobody', id: '/x' },         'there is no such provider'],
    ['to a file that is not there',    { source: 'file', provider: 'gone', id: '/x' },           'it does not exist'],
    ['that is none',                   { source: 'env', id: 'lower case' },                      'is no name of a variable'],
  ])('%s is unresolved', async (_what, reference, reason) => {
    desk.put('doorward.json5', config(reference, { gone: { source: 'file', path: desk.path('gone.json') } }));

    const report = await audit();
    expect(report).toMatchObject({ status: 'unresolved', summary: { unresolvedRefCount: 1 } });
    expect(report.findings).toMatchObject([
      { code: 'REF_UNRESOLVED', severity: 'error', jsonPath: 'gateway.auth.token', message: expect.stringContaining(reason) },
    ]);
  });

  it('that fails keeps nobody from the others', async () => {
    const path = desk.file('keys.json', { good: SECRET });
    const ref = (id: string): object => ({ source: 'file', provider: 'keys', id });
    desk.put('doorward.json5', {
      gateway: { auth: { token: ref('/good') } },
      models: { providers: { a: { apiKey: ref('/bad') }, b: { apiKey: ref('/worse') } } },
      secrets: { providers: { keys: { source: 'file', path } } },
    });

    const report = await audit();
    expect(report.resolution).toEqual({ refsChecked: 3, skippedExecRefs: 0, resolvabilityComplete: true });
    expect(found(report)).toEqual([
      'REF_UNRESOLVED models.providers.a.apiKey',
      'REF_UNRESOLVED models.providers.b.apiKey',
    ]);
  });

  it('that nobody needs is not followed', async () => {
    desk.put('doorward.json5', {
      gateway: { auth: { mode: 'password', password: '${PASSWORD}', token: '${NOT_THERE}' } },
    });

    const report = await audit('', { PASSWORD: 'long enough to be one' });
    expect(report).toMatchObject({ status: 'clean', resolution: { refsChecked: 1 } });
  });

  it('is shadowed by a variable that gives the value', async () => {
    desk.put('doorward.json5', config('${HOUSE}'));

    const report = await audit('', { CLAWDBOT_GATEWAY_TOKEN: SECRET });
    expect(report).toMatchObject({ status: 'findings', summary: { shadowedRefCount: 1 } });
    expect(report.findings[0]).toMatchObject({
      code: 'REF_SHADOWED',
      jsonPath: 'gateway.auth.token',
      message: expect.stringContaining('CLAWDBOT_GATEWAY_TOKEN is set'),
    });
  });

  it('is shadowed by a profile, which is used first', async () => {
    desk.put('doorward.json5', { models: { providers: { openai: { apiKey: '${OPENAI_API_KEY}' } } } });
    const keyRef = { source: 'env', provider: 'default', id: 'OPENAI_API_KEY' };
    desk.put(PROFILES, profiles({ 'openai:work': { type: 'api_key', provider: 'openai', keyRef } }));

    const report = await audit('', { OPENAI_API_KEY: 'x' });
    expect(found(report)).toEqual(['REF_SHADOWED models.providers.openai.apiKey']);
    expect(report.findings[0]!.message).toContain('openai:work');
  });

  it('in a login is refused, as the gateway refuses it', async () => {
    const keyRef = { source: 'env', id: 'X' };
    desk.put(PROFILES, profiles({ 'a:b': { type: 'oauth', provider: 'a', access: SECRET, keyRef } }));

    expect(found(await audit())).toEqual(['REF_UNRESOLVED profiles.a:b.keyRef']);
  });
});

describe('a program that keeps secrets', () => {
  const exec = (command: string): object => ({
    gateway: { auth: { token: { source: 'exec', provider: 'vault', id: 'house/key' } } },
    secrets: { providers: { vault: { source: 'exec', command } } },
  });

  it('is not run unless that is allowed, and then nothing is called clean', async () => {
    const command = desk.program(
      'vault',
      `fs.writeFileSync(__filename + '.ran', ''); process.stdout.write('${SECRET}');`,
    );
    desk.put('doorward.json5', exec(command));

    expect(await audit()).toMatchObject({
      status: 'unmeasured',
      findings: [],
      resolution: { refsChecked: 0, skippedExecRefs: 1, resolvabilityComplete: false },
      unmeasured: [{ jsonPath: 'gateway.auth.token', reason: expect.stringContaining('--allow-exec') }],
    });
    expect(desk.has('vault.ran')).toBe(false);

    const allowed = await audit('--allow-exec');
    expect(allowed).toMatchObject({ status: 'clean', resolution: { refsChecked: 1, skippedExecRefs: 0 } });
    expect(allowed.text).not.toContain(SECRET);
  });

  it('that fails is told of without its words', async () => {
    desk.put('doorward.json5', exec(desk.program('vault', `process.stderr.write('${SECRET}'); process.exit(2);`)));

    const report = await audit('--allow-exec');
    expect(report.findings).toMatchObject([{ code: 'REF_UNRESOLVED', message: expect.stringContaining('status 2') }]);
    expect(report.text).not.toContain(SECRET);
  });
});

describe('what older versions have left', () => {
  // prettier-ignore
  it.each([
    ['agent/auth-profiles.json',          profiles({ 'openai:default': { type: 'api_key', provider: 'openai', key: SECRET } }), 'profiles.openai:default'],
    ['credentials/oauth.json',            { anthropic: { access: SECRET, refresh: SECRET } },  'anthropic'],
    ['agents/main/agent/auth.json',       { openai: { type: 'api_key', key: SECRET } },        'openai'],
  ])('%s', async (name, content, path) => {
    const file = desk.put(name, content);

    const report = await audit();
    expect(report).toMatchObject({ status: 'findings', summary: { legacyResidueCount: 1 } });
    expect(report.findings).toMatchObject([{ code: 'LEGACY_RESIDUE', file, jsonPath: path }]);
    expect(report.text).not.toContain(SECRET);
  });

  it('the credentials of an agent that was removed', async () => {
    desk.put('doorward.json5', { agents: { list: [{ id: 'main' }, { id: 'work' }] } });
    desk.put(
      'agents/work/agent/auth-profiles.json',
      profiles({
        'openai:default': { type: 'api_key', provider: 'openai', key: SECRET },
        'groq:team': { type: 'api_key', provider: 'groq', keyRef: { source: 'env', id: 'TEAM' } },
      }),
    );
    desk.put('agents/work/agent/auth.json', { groq: { type: 'api_key', key: SECRET } });
    expect(await desk.run('agents remove work --yes')).toMatchObject({ code: 0 });

    const report = await audit();
    expect(report).toMatchObject({ status: 'findings', summary: { legacyResidueCount: 2 }, unmeasured: [] });
    expect(found(report)).toEqual(['LEGACY_RESIDUE profiles.openai:default', 'LEGACY_RESIDUE groq']);
    expect(report.findings[0]).toMatchObject({
      file: expect.stringContaining(join(desk.state, 'backups', 'agents', 'work-')),
      message: expect.stringContaining('was removed'),
    });
    expect(report.text).not.toContain(SECRET);
  });

  it('profiles in files, while they are kept in the database', async () => {
    desk.put('doorward.json5', { models: { store: 'database' } });
    desk.put(PROFILES, profiles({ 'openai:default': { type: 'api_key', provider: 'openai', key: SECRET } }));

    const report = await audit();
    expect(found(report)).toEqual(['LEGACY_RESIDUE profiles']);
    expect(report.unmeasured).toMatchObject([{ file: 'database' }]);
  });
});

describe('what cannot be looked at is said, and never called clean', () => {
  it('a damaged file of profiles', async () => {
    desk.put(PROFILES, '{ "profiles": ');

    expect(await audit()).toMatchObject({
      status: 'unmeasured',
      unmeasured: [{ reason: expect.stringContaining('no JSON') }],
    });
  });

  it('settings of secrets that are wrong: references are then not followed', async () => {
    desk.put('doorward.json5', {
      gateway: { auth: { token: '${HOUSE}' } },
      secrets: { resolution: { maxProviderConcurrency: 99 } },
    });

    const report = await audit('', { HOUSE: SECRET });
    expect(report.status).toBe('unmeasured');
    expect(report.unmeasured.map(({ jsonPath }) => jsonPath)).toEqual([
      'gateway.auth.token',
      'secrets.resolution.maxProviderConcurrency',
    ]);
  });

  it('a file that is no configuration: exit 1', async () => {
    desk.put('doorward.json5', '{ gateway: ');

    expect(await desk.run('secrets audit')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not valid JSON5'),
    });
  });
});

describe('--check', () => {
  // prettier-ignore
  it.each([
    ['clean',      0, {}],
    ['findings',   1, { gateway: { auth: { token: SECRET } } }],
    ['unresolved', 2, { gateway: { auth: { token: '${NOT_THERE}' } } }],
    ['unmeasured', 2, { gateway: { auth: { token: { source: 'exec', provider: 'v', id: 'x' } } }, secrets: { providers: { v: { source: 'exec', command: '/bin/true' } } } }],
  ])('%s: exit %i', async (status, code, config) => {
    desk.put('doorward.json5', config);

    const checked = await desk.run('secrets audit --check --json');
    expect({ code: checked.code, status: (JSON.parse(checked.stdout) as SecretAudit).status }).toEqual({ code, status });
    expect((await desk.run('secrets audit')).code).toBe(0);
  });
});

it('writes nothing, not even the state directory', async () => {
  await desk.run('secrets audit');
  expect(readdirSync(desk.home)).toEqual([]);
});

it('as a program: counts and places for people, and nothing of a secret', async () => {
  await built();
  const home = new CliHome();
  try {
    const { code, stdout, stderr } = await home.run(['secrets', 'audit', '--check'], {
      env: { DOORWARD_CONFIG_PATH: desk.put('doorward.json5', { gateway: { auth: { token: SECRET } } }) },
    });

    expect(code).toBe(1);
    expect(stdout).toContain('PLAINTEXT_FOUND');
    expect(stdout).toContain('gateway.auth.token');
    expect(stdout).toContain('1 in plain text');
    expect(stdout + stderr).not.toContain(SECRET);
    expect(statSync(join(desk.state, 'doorward.json5')).isFile()).toBe(true);
  } finally {
    await home.remove();
  }
}, 120_000);

function profiles(entries: Record<string, object>): object {
  return { version: 1, profiles: entries };
}

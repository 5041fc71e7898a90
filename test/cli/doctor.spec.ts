import { chmodSync, mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CHECKS } from '../../src/cli/doctor/index.js';
import { GATEWAY_PARTS } from '../../src/gateway-parts.js';
import { apiKey, keyRef, stock } from '../credentials/stocked.js';
import { cli } from './in-process.js';

const SECRET = 'a-secret-that-nobody-may-see';
const HOUR = 3_600_000;

let home: string;
let stateDir: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'doorward-doctor-'));
  stateDir = join(home, '.doorward');
  mkdirSync(stateDir, { mode: 0o700 });
});
afterEach(() => rmSync(home, { recursive: true }));

interface Found {
  readonly code: string;
  readonly state: string;
  readonly evidence: string;
  readonly fix?: string;
}

async function doctor(flags: readonly string[] = [], variables: Readonly<Record<string, string>> = {}) {
  const outcome = await cli(['doctor', '--json', ...flags], {
    environment: { HOME: home, DOORWARD_GATEWAY_PORT: '1', ...variables },
    gatewayParts: () => Promise.resolve({ ...GATEWAY_PARTS, securityChecks: [] }),
  });
  const answer = JSON.parse(outcome.stdout) as { ok: boolean; findings: Found[]; fixed: string[] };
  const find = (code: string): Found[] => answer.findings.filter((finding) => finding.code === code);
  return { ...outcome, ...answer, find };
}

const configure = (config: object, mode = 0o600): void =>
  writeFileSync(join(stateDir, 'doorward.json5'), JSON.stringify(config), { mode });

it('says of a machine on which all is well that all is well, as far as it has looked', async () => {
  configure({ gateway: { auth: { token: SECRET } }, agents: { defaults: { model: 'anthropic/claude' } } });
  stock(stateDir, 'main', { 'anthropic:default': apiKey('anthropic', SECRET) });
  const { code, ok, findings, stdout, stderr } = await doctor();

  expect([code, ok]).toEqual([0, true]);
  expect(findings.filter(({ state }) => state !== 'ok').map((one) => [one.code, one.state])).toEqual([
    ['gateway_not_running', 'unmeasured'],
  ]);
  expect(findings.length).toBeGreaterThanOrEqual(CHECKS.length);
  expect(stdout + stderr).not.toContain(SECRET);
});

describe('a finding, with evidence and what to do', () => {
  // prettier-ignore
  it.each<[code: string, state: string, evidence: RegExp, arrange: () => void]>([
    ['config_invalid',        'fail', /^gateway\.prot: unknown key/,                () => configure({ gateway: { prot: 1 } })],
    ['gateway_auth_missing',  'warn', /^no credential is configured/,               () => configure({})],
    ['config_file_open',      'fail', /mode 0644/,                                  () => configure({ gateway: { auth: { token: SECRET } } }, 0o644)],
    ['config_file_open',      'warn', /mode 0644/,                                  () => configure({}, 0o644)],
    ['state_directory_open',  'warn', /mode 0755/,                                  () => chmodSync(stateDir, 0o755)],
    ['env_file_open',         'fail', /mode 0640/,                                  () => writeFileSync(join(stateDir, '.env'), '', { mode: 0o640 })],
    ['profile_store_open',    'fail', /auth-profiles\.json can be read/,            () => chmodSync(stock(stateDir, 'main', {}), 0o644)],
    ['profile_store_broken',  'fail', /cannot be read as profiles: it is no JSON/,  () => writeFileSync(stock(stateDir, 'main', {}), `{ ${SECRET}`)],
    ['credentials_missing',   'fail', /^No credentials found/,                      () => configure({})],
    ['credentials_missing',   'fail', /^No credentials found for mistral/,          () => {
      configure({ agents: { defaults: { model: 'mistral/large' } } });
      stock(stateDir, 'main', { 'anthropic:a': apiKey('anthropic', SECRET) });
    }],
    ['login_expiring',        'warn', /^anthropic:a of agent "main" is expiring, 2/, () => stock(stateDir, 'main', { 'anthropic:a': { type: 'token', provider: 'anthropic', token: SECRET, expires: Date.now() + HOUR } })],
    ['login_expired',         'fail', /^anthropic:a of agent "main" is expired/,     () => stock(stateDir, 'main', { 'anthropic:a': { type: 'token', provider: 'anthropic', token: SECRET, expires: 1 } })],
    ['profile_cooling',       'warn', /rests \(rate_limit\)/,                        () => stock(stateDir, 'main', { 'openai:a': apiKey('openai', SECRET) }, { usageStats: { 'openai:a': { cooldownUntil: Date.now() + HOUR, cooldownReason: 'rate_limit' } } })],
    ['profile_disabled',      'warn', /rests \(billing\)/,                           () => stock(stateDir, 'main', { 'openai:a': apiKey('openai', SECRET) }, { usageStats: { 'openai:a': { disabledUntil: Date.now() + HOUR, disabledReason: 'billing' } } })],
    ['reference_unresolved',  'fail', /^the reference of openai:a/,                  () => stock(stateDir, 'main', { 'openai:a': keyRef('openai', 'GONE') })],
    ['reference_unresolved',  'fail', /^models\.providers\.openai\.apiKey leads to no secret/, () => configure({ models: { providers: { openai: { apiKey: { source: 'env', id: 'GONE' } } } } })],
    ['reference_unmeasured',  'unmeasured', /runs no program/,                       () => configure({
      secrets: { providers: { vault: { source: 'exec', command: '/bin/true' } } },
      models: { providers: { openai: { apiKey: { source: 'exec', provider: 'vault', id: 'x' } } } },
    })],
    ['legacy_store',          'warn', /agent\/auth-profiles\.json is of an older version/, () => {
      const path = join(stateDir, 'agent', 'auth-profiles.json');
      mkdirSync(dirname(path), { mode: 0o700 });
      writeFileSync(path, JSON.stringify({ version: 1, profiles: {} }), { mode: 0o600 });
    }],
    ['legacy_profile_id',     'warn', /the profile "openai" of agent "main"/,        () => stock(stateDir, 'main', { openai: apiKey('openai', SECRET) })],
  ])('%s: %s', async (code, state, evidence, arrange) => {
    arrange();
    const outcome = await doctor();

    expect(outcome.find(code)).toEqual([expect.objectContaining({ state, evidence: expect.stringMatching(evidence) })]);
    expect(outcome.code).toBe(outcome.findings.some((one) => one.state === 'fail') ? 1 : 0);
    expect(outcome.stdout + outcome.stderr).not.toContain(SECRET);
    const silent = outcome.findings.filter((one) => ['warn', 'fail'].includes(one.state) && !one.fix);
    expect(silent.map((one) => one.code)).toEqual([]);
  });
});

it('tells warnings apart by what they are about, not by their words', async () => {
  chmodSync(stateDir, 0o755);
  const { find } = await doctor([], { DOORWARD_CONFIG_PATH: join(home, 'chmod', 'was not measured: .json5') });

  expect(find('config_warning')).toEqual([
    expect.objectContaining({ state: 'warn', evidence: expect.stringContaining('names a file that does not exist') }),
  ]);
  expect(find('reference_unmeasured')).toEqual([]);
  expect(find('state_directory_open')).toHaveLength(1);
});

describe('--fix', () => {
  it('puts right what can be put back, says each change first, and leaves the rest', async () => {
    configure({ gateway: { auth: { token: SECRET } } }, 0o644);
    chmodSync(stateDir, 0o755);
    const more = { order: { openai: ['openai'] }, usageStats: { openai: { lastUsed: 5 } } };
    const store = stock(stateDir, 'main', { openai: apiKey('openai', SECRET) }, more);
    const { fixed, find, stderr, code } = await doctor(['--fix']);

    expect(fixed).toEqual([
      `mode of ${stateDir}: 0755 → 0700`,
      `mode of ${join(stateDir, 'doorward.json5')}: 0644 → 0600`,
      'profile of agent "main": openai → openai:default',
    ]);
    expect(stderr.split('\n')).toEqual([...fixed, '']);
    expect([find('config_file_open'), find('state_directory_open'), find('legacy_profile_id')]).toEqual([[], [], []]);
    expect([statSync(stateDir).mode & 0o777, statSync(join(stateDir, 'doorward.json5')).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
    expect(JSON.parse(readFileSync(store, 'utf8'))).toEqual({
      version: 1,
      profiles: { 'openai:default': apiKey('openai', SECRET) },
      order: { openai: ['openai:default'] },
      usageStats: { 'openai:default': { lastUsed: 5 } },
    });
    expect(code).toBe(0);
  });

  const LEGACY = { openai: apiKey('openai', SECRET) };

  // prettier-ignore
  it.each<[where: string, place: string, arrange: () => void]>([
    ['a note of the configuration',       'auth.profiles.openai',            () => configure({ auth: { profiles: { openai: { provider: 'openai', mode: 'api_key' } } } })],
    ['the order of the configuration',    'auth.order.openai',               () => configure({ auth: { order: { openai: ['openai'] } } })],
    ["an heir's order",                   'the profiles of agent "work"',    () => stock(stateDir, 'work', {}, { order: { openai: ['openai'] } })],
    ["an heir's profile of that id",      'the profiles of agent "work"',    () => stock(stateDir, 'work', { openai: apiKey('openai', 'own') })],
    ['what nobody can read',              'the profiles of agent "work"',    () => writeFileSync(stock(stateDir, 'work', {}), '{')],
    ["an heir's profile of the new id",   'the profiles of agent "work"',    () => stock(stateDir, 'work', { 'openai:default': apiKey('openai', 'own') })],
  ])('leaves the name of a profile alone that stands in %s, and says so', async (_where, place, arrange) => {
    configure({ agents: { list: [{ id: 'main' }, { id: 'work' }] } });
    const store = stock(stateDir, 'main', LEGACY);
    arrange();
    const config = JSON.parse(readFileSync(join(stateDir, 'doorward.json5'), 'utf8')) as object;
    configure({ agents: { list: [{ id: 'main' }, { id: 'work' }] }, ...config });
    const { fixed, find } = await doctor(['--fix']);

    expect(fixed).toEqual([]);
    expect(find('legacy_profile_id')[0]).toMatchObject({ state: 'warn', fix: expect.stringContaining(place) });
    expect(JSON.parse(readFileSync(store, 'utf8'))).toEqual({ version: 1, profiles: LEGACY });
  });

  it('names a profile anew that another agent names, too, if it does not inherit it', async () => {
    configure({ agents: { list: [{ id: 'main' }, { id: 'work' }, { id: 'lab' }] } });
    stock(stateDir, 'work', LEGACY);
    stock(stateDir, 'lab', LEGACY);

    expect((await doctor(['--fix'])).fixed).toEqual([
      'profile of agent "work": openai → openai:default',
      'profile of agent "lab": openai → openai:default',
    ]);
  });

  it('changes nothing without being asked', async () => {
    configure({}, 0o644);
    await doctor();

    expect(statSync(join(stateDir, 'doorward.json5')).mode & 0o777).toBe(0o644);
  });
});

it('takes over what Claude Code holds, as whenever profiles are loaded', async () => {
  mkdirSync(join(home, '.claude'));
  const claudeAiOauth = { accessToken: 'at-1', refreshToken: 'rt-1', expiresAt: Date.now() + HOUR };
  writeFileSync(join(home, '.claude', '.credentials.json'), JSON.stringify({ claudeAiOauth }));
  const { find } = await doctor();

  expect(find('credentials')).toMatchObject([{ state: 'ok' }]);
});

it('reads for people: each finding on a line, what to do below it', async () => {
  const { stdout, code } = await cli('doctor', {
    environment: { HOME: home, DOORWARD_GATEWAY_PORT: '1' },
    gatewayParts: () => Promise.resolve({ ...GATEWAY_PARTS, securityChecks: [] }),
  });

  expect(code).toBe(1);
  expect(stdout).toMatch(/^warn +gateway_auth_missing: no credential is configured.*\n +→ openssl rand/m);
  expect(stdout).toMatch(/\n\d+ ok, 1 warn, 1 fail, 1 unmeasured\n$/);
});

import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HOUSE_TOKEN, startGateway } from '../helpers/gateway.js';
import { isWeak } from '../../src/auth/guessable.js';
import type { SecurityReport } from '../../src/cli/security-report.js';
import { Desk } from '../secrets/desk.js';

const GOOD = 'c1f6b7e2a9d84f03b5e7c6d1f0a2938475665748392a1b0c';
const OTHER = '9d84f03b5e7c6d1f0a2938475665748392a1b0cc1f6b7e2a';

let desk: Desk;
beforeEach(() => (desk = new Desk()));
afterEach(() => desk.remove());

async function audit(
  config: object,
  { flags = '', env = {} as Record<string, string> } = {},
): Promise<SecurityReport & { code: number }> {
  desk.put('doorward.json5', config);
  const { code, stdout, stderr } = await desk.run(`security audit --json ${flags}`, { env });
  expect(stderr).toBe('');
  return { code, ...(JSON.parse(stdout) as SecurityReport) };
}

const found = ({ findings }: SecurityReport): string[] => findings.map(({ severity, code }) => `${severity} ${code}`);

it('a gateway as it comes has nothing that should be changed', async () => {
  const { code, stdout } = await desk.run('security audit');
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('0 critical, 0 to change, 1 to know') });
});

it('a reference instead of the house key, on loopback, is as good as it gets', async () => {
  expect(
    await audit({ gateway: { auth: { token: '${HOUSE}', loopback: 'proof' } } }, { env: { HOUSE: GOOD } }),
  ).toMatchObject({
    code: 0,
    ok: true,
    findings: [],
    unmeasured: [],
  });
});

const token = '${HOUSE}';
const behind = { trustedProxies: ['10.0.0.7'] };

describe('finds', () => {
  // prettier-ignore
  it.each<[finding: string, config: object]>([
    ['critical bind_without_tls',           { gateway: { bind: 'lan', auth: { token } } }],
    ['warn loopback_open_while_reachable',  { gateway: { bind: 'lan', auth: { token }, ...behind } }],
    ['warn loopback_behind_local_proxy',    { gateway: { auth: { token }, trustedProxies: ['127.0.0.1'] } }],
    ['warn loopback_behind_unlisted_proxy', { gateway: { auth: { token }, publicUrl: 'https://gateway.example.com' } }],
    ['critical trusted_proxies_everybody',  { gateway: { auth: { token }, trustedProxies: ['0.0.0.0/0'] } }],
    ['warn trusted_proxies_wide',           { gateway: { auth: { token }, trustedProxies: ['10.0.0.0/8'] } }],
    ['warn trusted_proxies_wide',           { gateway: { auth: { token }, trustedProxies: ['2001:db8::/48'] } }],
    ['warn trusted_proxy_any_user',         { gateway: { ...behind, auth: { trustedProxy: { enabled: true, userHeader: 'x-user' } } } }],
    ['info trusted_proxy_no_required_headers', { gateway: { ...behind, auth: { trustedProxy: { enabled: true, userHeader: 'x-user' } } } }],
    ['warn trusted_proxy_local',            { gateway: { trustedProxies: ['127.0.0.1'], auth: { trustedProxy: { enabled: true, userHeader: 'x-user' } } } }],
    ['warn auth_off',                       { gateway: { auth: { mode: 'none' } } }],
    ['info no_credential',                  {}],
    ['warn rate_limit_loose',               { gateway: { auth: { token, rateLimit: { maxAttempts: 1000 } } } }],
    ['warn rate_limit_loose',               { gateway: { auth: { token, rateLimit: { lockoutMs: 1000 } } } }],
    ['info house_key_for_everybody',        { gateway: { bind: 'lan', auth: { token }, ...behind } }],
    ['critical identity_scopes_admin',      { gateway: { auth: { token, identityScopes: { '*': ['operator.admin'] } } } }],
    ['warn identity_scopes_admin',          { gateway: { auth: { token, identityScopes: { '*@example.com': ['operator.admin'] } } } }],
    ['warn tailscale_funnel',               { gateway: { tailscale: { mode: 'funnel' }, auth: { mode: 'password', password: token } } }],
    ['warn public_url_plain',               { gateway: { auth: { token }, publicUrl: 'http://gateway.example.com' } }],
    ['warn control_ui_plain_origin',        { gateway: { auth: { token }, controlUi: { allowedOrigins: ['http://console.example.com'] } } }],
    ['warn registration_open',              { accounts: { registration: 'open', emailVerification: 'required' } }],
    ['warn email_not_verified',             { accounts: { registration: 'open' } }],
    ['warn everybody_of_issuer',            { accounts: { oidc: { corp: { issuer: 'https://id.example.com', clientId: 'x', provision: true } } } }],
    ['info issuer_trusted_with_email',      { accounts: { oidc: { corp: { issuer: 'https://id.example.com', clientId: 'x', trustEmail: true } } } }],
    ['info sessions_long',                  { accounts: { sessions: { idleDays: 365, lifeDays: 3000 } } }],
    ['warn secret_provider_insecure_path',  { secrets: { providers: { f: { source: 'file', path: '/x', allowInsecurePath: true } } } }],
    ['info secret_provider_any_link',       { secrets: { providers: { v: { source: 'exec', command: '/x', allowSymlinkCommand: true } } } }],
    ['warn plaintext_secrets',              { gateway: { auth: { token: GOOD } } }],
    ['critical unresolved_secrets',         { gateway: { auth: { token: '${NOT_THERE}' } } }],
    ['warn reused_secret',                  { gateway: { auth: { token, password: token } } }],
  ])('%s', async (finding, config) => {
    const report = await audit(config, { env: { HOUSE: GOOD } });

    expect(found(report)).toContain(finding);
    expect(report.code).toBe(finding.startsWith('info') && report.ok ? 0 : 1);
    for (const { title, evidence, remedy } of report.findings) {
      expect([title, evidence, remedy].every((text) => text !== '')).toBe(true);
      expect(title + evidence + remedy).not.toContain(GOOD);
    }
  });

  // prettier-ignore
  it.each([
    ['a weak house key',  { gateway: { auth: { token: 'openclaw-gateway-token' } } }],
    ['a weak password',   { gateway: { auth: { password: 'passwordpassword1' } } }],
    ['few characters',    { gateway: { auth: { token: 'abababababababababababab' } } }],
  ])('%s', async (_what, config) => {
    expect(found(await audit(config))).toContain('critical weak_secret');
  });

  it('the worst first', async () => {
    const report = await audit(
      { gateway: { bind: 'lan', auth: { token } }, accounts: { registration: 'open' } },
      { env: { HOUSE: GOOD } },
    );
    const ranks = report.findings.map(({ severity }) => ['critical', 'warn', 'info'].indexOf(severity));
    expect(ranks).toEqual(ranks.toSorted());
    expect(report.summary.critical).toBeGreaterThan(0);
  });

  // prettier-ignore
  it.each([
    [GOOD,                                  false],
    [OTHER,                                 false],
    ['correct horse battery staple',        false],
    ['tr0ub4dor&3',                         true],
    ['12345678901234567890',                true],
    ['my-openclaw-token-2026',              true],
  ])('%s is weak: %s', (text, expected) => {
    expect(isWeak(text)).toBe(expected);
  });
});

it('a program is asked once, however many look at what it said', async () => {
  const keeper = `require('node:fs').appendFileSync(__filename + '.calls', 'x'); process.stdout.write('abababababababababababab');`;
  const secrets = { providers: { v: { source: 'exec', command: desk.program('vault', keeper), jsonOnly: false } } };
  const config = { gateway: { auth: { token: { source: 'exec', provider: 'v', id: 'x' } } }, secrets };

  expect(found(await audit(config, { flags: '--allow-exec' }))).toContain('critical weak_secret');
  expect(desk.read('vault.calls')).toBe('x');
});

it('a program that was not asked is not measured, and not called good', async () => {
  const secrets = {
    providers: { v: { source: 'exec', command: desk.program('vault', `process.stdout.write('${GOOD}');`) } },
  };
  const config = {
    gateway: { auth: { loopback: 'proof', token: { source: 'exec', provider: 'v', id: 'x' } } },
    secrets,
  };

  expect(await audit(config)).toMatchObject({ code: 0, unmeasured: [expect.stringContaining('--allow-exec')] });
  expect(await audit(config, { flags: '--allow-exec' })).toMatchObject({ code: 0, unmeasured: [] });
});

it('a configuration that could not be started: exit 1', async () => {
  desk.put('doorward.json5', { gateway: { port: 'x' } });
  expect(await desk.run('security audit')).toMatchObject({ code: 1, stderr: expect.stringContaining('gateway.port') });
});

describe('files', () => {
  const config = { gateway: { auth: { token: '${HOUSE}', loopback: 'proof' } } };
  const env = { HOUSE: GOOD };
  const mode = (name: string): number => statSync(join(desk.state, name)).mode & 0o777;

  beforeEach(() => {
    desk.put('.env', 'A=b\n', 0o644);
    desk.put('agents/main/agent/auth-profiles.json', { version: 1, profiles: {} }, 0o666);
  });

  it('that others may read or change are found', async () => {
    const report = await audit(config, { env });

    expect(found(report).toSorted()).toEqual(['critical file_writable_by_others', 'warn file_readable_by_others']);
    expect(report.findings.map(({ evidence }) => evidence)).toContain(`${join(desk.state, '.env')} has mode 0644`);
  });

  it('a config file that holds no secret may be read, as from a ConfigMap', async () => {
    chmodSync(desk.put('doorward.json5', config), 0o644);
    const { stdout } = await desk.run('security audit', { env });
    expect(stdout).not.toContain('doorward.json5');
  });

  it('are put right by --fix, which shows the change first; done twice, it has nothing to do', async () => {
    desk.put('doorward.json5', config);
    const { code, stdout, stderr } = await desk.run('security audit --fix --json', { env });

    expect(code).toBe(0);
    expect(stderr).toContain(`- 0644 ${join(desk.state, '.env')}\n+ 0600 ${join(desk.state, '.env')}`);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      fixed: [
        { from: '0666', to: '0600' },
        { from: '0644', to: '0600' },
      ],
    });
    expect([mode('.env'), mode('agents/main/agent/auth-profiles.json')]).toEqual([0o600, 0o600]);
    expect(await desk.run('security audit --fix', { env })).toMatchObject({ code: 0, stderr: '' });
  });

  it('--fix asks a person, and a no changes nothing', async () => {
    desk.put('doorward.json5', config);
    const { code, stderr } = await desk.run('security audit --fix', { env, typed: ['n'] });

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Change these modes? [y/N]') });
    expect(mode('.env')).toBe(0o644);
  });

  it('--fix changes nothing but modes', async () => {
    desk.put('doorward.json5', { ...config, accounts: { registration: 'open' } });
    const before = desk.read('.doorward/doorward.json5');

    expect(await desk.run('security audit --fix --yes', { env })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('registration_open'),
    });
    expect(desk.read('.doorward/doorward.json5')).toBe(before);
  });
});

describe('--deep', () => {
  it('says what it could not ask', async () => {
    desk.put('doorward.json5', { gateway: { auth: { token: '${HOUSE}', loopback: 'proof' } } });
    const { code, stdout } = await desk.run('security audit --deep', {
      env: { HOUSE: GOOD, DOORWARD_GATEWAY_PORT: '1' },
    });

    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('not measured: tokens of the running gateway: no gateway is running'),
    });
  });

  it('asks the running gateway', async () => {
    const gateway = await startGateway({ database: 'embedded', config: { gateway: { auth: { token: HOUSE_TOKEN } } } });
    try {
      await gateway.gatewayToken({ expiresIn: 400 * 86_400_000 });
      const flags = `--url ${gateway.url} --token-file ${desk.file('token', HOUSE_TOKEN)}`;
      const { stdout } = await desk.run(`security audit --deep --json ${flags}`);

      expect(found(JSON.parse(stdout) as SecurityReport)).toContain('warn tokens_without_end');
    } finally {
      await gateway.close();
    }
  }, 60_000);

  it('reads in the log of a proxy that nobody has listed', async () => {
    const gateway = await startGateway({ config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } } });
    try {
      await gateway.get('/api/v1/whoami', { authorization: `Bearer ${HOUSE_TOKEN}`, 'x-forwarded-for': '203.0.113.9' });
    } finally {
      await gateway.close();
    }
    const { stdout } = await desk.run('security audit --deep --json', {
      env: { DOORWARD_STATE_DIR: gateway.stateDir, DOORWARD_GATEWAY_PORT: '1' },
    });
    expect(found(JSON.parse(stdout) as SecurityReport)).toContain('warn proxy_not_listed');
  }, 60_000);
});

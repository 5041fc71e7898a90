import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser } from '../../src/cli/open-browser.js';
import { LoginStore } from '../../src/cli/logins.js';
import { LockLost } from '../../src/config/file-lock.js';
import { newStateDir } from '../helpers/embedded.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { World } from '../helpers/world.js';
import { type SignedIn, signedIn } from '../accounts/signed-in.js';
import { cli, type Outcome } from './in-process.js';

let gateway: TestGateway;
let world: World;
let person: SignedIn;
let home: string;

beforeAll(async () => {
  gateway = await startGateway({
    config: {
      gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } },
      accounts: { deviceGrant: { pendingPerAddress: 1000 } },
    },
    database: 'embedded',
  });
  world = new World(gateway);
});
afterAll(() => gateway.close());
beforeEach(async () => {
  home = newStateDir();
  person = await signedIn(world, { role: 'admin' });
});
afterEach(() => world.forgive());

const here = () => ({ environment: { HOME: home, DOORWARD_STATE_DIR: home } });
const file = () => join(home, 'logins.json');
const stored = () => new LoginStore(home).find(gateway.url)!;
const run = (line: string): Promise<Outcome> => cli(line, here());

/** Signs in, while somebody decides between two polls. */
async function login(flags = '', decision: 'approve' | 'deny' | 'nothing' = 'approve') {
  const waits: number[] = [];
  let said = '';
  const pause = async (ms: number): Promise<void> => {
    waits.push(ms);
    const [code] = /\b[B-Z]{4}-[B-Z]{4}\b/.exec(said) ?? [];
    const body = { userCode: code, decision };
    if (waits.length === 2 && decision !== 'nothing')
      await gateway.call('/auth/device', { method: 'POST', headers: bearer(person.accessToken), body });
    // What the clock of the database would have done meanwhile.
    await world.rows(`UPDATE oauth_device_codes SET polled_at = now() - interval '1 minute'`);
    if (decision === 'nothing') await world.rows('UPDATE oauth_device_codes SET expires_at = now()');
  };
  const listening = { write: (text: string) => (said += text) };
  const outcome = await cli(`login --url ${gateway.url} ${flags}`, { ...here(), pause, listening });
  return { ...outcome, waits };
}

describe('doorward login', () => {
  it('shows an address and a code, waits for a yes, and keeps what it is given where only its owner reads', async () => {
    const { code, stdout, stderr, waits } = await login();

    expect({ code, stdout }).toEqual({ code: 0, stdout: `Signed in at ${gateway.url} as ${person.email}.\n` });
    expect(stderr).toContain(`${gateway.url}/device?user_code=`);
    expect(stderr).toMatch(/Waiting for it \(10 min at most/);
    expect(waits).toEqual([5000, 5000]);

    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const { token, refreshToken } = stored();
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(refreshToken).toMatch(/^dwr_/);
    for (const secret of [token, refreshToken!]) expect(stdout + stderr).not.toContain(secret);
  });

  it('says as JSON who was signed in, and no secret', async () => {
    const { code, stdout } = await login('--json --scope operator.read');
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        url: gateway.url,
        user: person.email,
        scopes: ['operator.read'],
        expiresAt: expect.any(String),
        staysSignedIn: true,
      },
    ]);
  });

  it('fails when the person says no, or nothing', async () => {
    const denied = await login('', 'deny');
    expect([denied.code, denied.stderr]).toEqual([1, expect.stringContaining('the person said no')]);
    const silent = await login('', 'nothing');
    expect([silent.code, silent.stderr]).toEqual([1, expect.stringContaining('expired_token')]);
    expect(silent.stderr).toContain('Try again: doorward login');
    expect(existsSync(file())).toBe(false);
  });

  it('says what is wrong with what is no gateway', async () => {
    const { code, stderr } = await run('login --url http://127.0.0.1:9');
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot be reached')]);
    expect((await run('login --url ftp://x')).code).toBe(2);
  });

  it('leaves the sign-ins at other gateways as they are', async () => {
    const other = { token: 'f'.repeat(64), expiresAt: '2030-01-01T00:00:00.000Z' };
    const store = new LoginStore(home);
    await store.change('https://elsewhere.example', async () => other);
    await login();
    expect(store.find('https://elsewhere.example')).toEqual(other);
    expect(stored().user).toBe(person.email);
  });
});

describe('what was signed in', () => {
  it('is used where nothing else is given', async () => {
    await login();
    const { code, stdout } = await run(`tokens list --url ${gateway.url} --json`);
    expect([code, Array.isArray(JSON.parse(stdout))]).toEqual([0, true]);
  });

  it('gives way to a credential that is given, and is sent to no other gateway', async () => {
    await login();
    writeFileSync(join(home, 'token'), HOUSE_TOKEN);
    const given = await run(`auth status --url ${gateway.url} --token-file ${home}/token --json`);
    expect(JSON.parse(given.stdout)).toMatchObject({ method: 'token', credentialFrom: 'the command line' });
    const elsewhere = await run(`tokens list --url http://127.0.0.1:9`);
    expect([elsewhere.code, elsewhere.stderr]).toEqual([2, expect.stringContaining('doorward login --url')]);
  });

  it('is renewed when it has expired, by one of any number of commands at once', async () => {
    await login();
    const before = stored();
    await new LoginStore(home).change(gateway.url, async (known) => ({
      ...known!,
      expiresAt: '2020-01-01T00:00:00.000Z',
    }));

    const outcomes = await Promise.all(Array.from({ length: 5 }, () => run(`tokens list --url ${gateway.url} --json`)));
    expect(outcomes.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      Array.from({ length: 5 }, () => ({ code: 0, stderr: '' })),
    );
    expect(stored().refreshToken).not.toBe(before.refreshToken);
    expect(stored().user).toBe(person.email);
    expect(Date.parse(stored().expiresAt)).toBeGreaterThan(Date.now());
  });

  it('is written by nobody whose lock another has taken', async () => {
    await login();
    const before = readFileSync(file(), 'utf8');
    const lock = `${file()}.lock`;

    const late = new LoginStore(home).change(gateway.url, async () => {
      rmSync(lock, { recursive: true });
      mkdirSync(lock);
      return undefined;
    });

    await expect(late).rejects.toThrow(LockLost);
    expect(readFileSync(file(), 'utf8')).toBe(before);
    expect(existsSync(lock)).toBe(true);
  });

  it('that has ended for good says how to sign in again', async () => {
    await login();
    await world.rows('UPDATE user_sessions SET revoked_at = now() WHERE user_id = $1', [person.userId]);
    await new LoginStore(home).change(gateway.url, async (known) => ({
      ...known!,
      expiresAt: '2020-01-01T00:00:00.000Z',
    }));
    const { code, stderr } = await run(`tokens list --url ${gateway.url}`);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`doorward login --url ${gateway.url}`)]);
  });

  it('is not believed from a file that others can read', async () => {
    await login();
    chmodSync(file(), 0o644);
    const { code, stderr } = await run(`tokens list --url ${gateway.url}`);
    expect([code, stderr]).toEqual([1, expect.stringContaining('chmod 600')]);
  });

  it('in a file that is broken says so, and no word of it', async () => {
    writeFileSync(file(), '{"gateways": secret', { mode: 0o600 });
    const { code, stderr } = await run(`auth status --url ${gateway.url}`);
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot be read as JSON')]);
    expect(stderr).not.toContain('secret');
  });
});

describe('doorward logout', () => {
  it('ends the sign-in at the gateway, and here', async () => {
    await login();
    const { token } = stored();
    const { code, stdout } = await run(`logout --url ${gateway.url}`);

    expect([code, stdout]).toEqual([0, `Signed out at ${gateway.url}.\n`]);
    expect(stored()).toBeUndefined();
    expect(readFileSync(file(), 'utf8')).not.toContain(token);
    expect((await gateway.get('/api/v1/whoami', bearer(token))).body.error.code).toBe('token_revoked');
  });

  it('forgets it here when the gateway is away, and says that it goes on there', async () => {
    const url = 'http://127.0.0.1:9';
    await new LoginStore(home).change(url, async () => ({ token: 'f'.repeat(64), expiresAt: '2030-01-01T00:00:00Z' }));
    const { code, stderr } = await run(`logout --url ${url}`);
    expect([code, stderr]).toEqual([0, expect.stringContaining('its sign-in goes on there')]);
    expect(new LoginStore(home).find(url)).toBeUndefined();
  });

  it('of nobody is nothing', async () => {
    const { code, stdout } = await run(`logout --url ${gateway.url} --json`);
    expect([code, JSON.parse(stdout)]).toEqual([0, { url: gateway.url, signedOut: false }]);
  });
});

describe('doorward auth status', () => {
  it('says as whom, by what, with which scopes and until when', async () => {
    await login('--scope operator.read');
    const { code, stdout } = await run(`auth status --url ${gateway.url}`);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `Gateway       ${gateway.url}`,
      'Credential    doorward login',
      `Signed in as  ${person.email}`,
      'Method        gateway-token',
      `Tenant        ${person.tenantId}`,
      'Scopes        operator.read',
      expect.stringMatching(/^Until {9}\S+Z, then renewed by itself$/),
      '',
    ]);
  });

  it('as JSON, with an exit code that a script can use', async () => {
    await login();
    const inside = await run(`auth status --url ${gateway.url} --json`);
    expect([inside.code, JSON.parse(inside.stdout)]).toEqual([
      0,
      {
        url: gateway.url,
        authenticated: true,
        credentialFrom: 'doorward login',
        method: 'gateway-token',
        user: person.email,
        subject: person.userId,
        tenantId: person.tenantId,
        scopes: expect.arrayContaining(['operator.admin']),
        expiresAt: stored().expiresAt,
        staysSignedIn: true,
        otherLogins: [],
      },
    ]);
    await run(`logout --url ${gateway.url}`);
    const outside = await run(`auth status --url ${gateway.url} --json`);
    expect([outside.code, JSON.parse(outside.stdout)]).toMatchObject([
      1,
      { authenticated: false, credentialFrom: null, code: 'token_missing' },
    ]);
  });
});

describe('tokens of machines, by the command line', () => {
  const at = () => `--url ${gateway.url}`;

  it('are made, listed, renamed and revoked', async () => {
    await login();
    const flags = '--service --label backup --scope operator.read --expires-in 90d';
    const made = await run(`tokens create ${flags} ${at()}`);
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f]{64}\n$/)]);
    const [, id] = /Token (\S+) for the machine backup/.exec(made.stderr)!;

    const renamed = await cli(['tokens', 'rename', id!, 'night backup', '--url', gateway.url], here());
    expect([renamed.code, renamed.stdout]).toEqual([0, `Token ${id} is now called night backup.\n`]);
    const listed = await run(`tokens list ${at()}`);
    expect(listed.stdout).toMatch(new RegExp(`^${id} +active +service +${person.email} +night backup +read `, 'm'));

    expect((await run(`tokens revoke ${id} ${at()}`)).code).toBe(0);
    expect((await gateway.get('/api/v1/whoami', bearer(made.stdout.trim()))).body.error.code).toBe('token_revoked');
  });

  // prettier-ignore
  it.each([
    ['--service --label x',                                                      '--scope, --expires-in'],
    ['--service --scope operator.read --expires-in 1d',                          '--label'],
    ['--service --label x --scope operator.read --expires-in 1d --user a@b.org', 'leave --user and --role out'],
  ])('tokens create %s is wrong usage', async (flags, said) => {
    const { code, stderr } = await run(`tokens create ${flags} ${at()}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  });
});

// prettier-ignore
it.each([
  ['linux',  'https://x.example/', {},                                       false],
  ['linux',  'file:///etc/passwd', { DISPLAY: ':0' },                        false],
  ['linux',  'javascript:alert(1)', { DISPLAY: ':0' },                       false],
  ['linux',  'https://x.example/', { DISPLAY: ':0', SSH_CONNECTION: 'x' },   false],
  ['darwin', 'no url',             {},                                       false],
] as const)('no browser is opened on %s for %s with %j', (platform, page, variables, opens) => {
  expect(openBrowser(page, variables, platform)).toBe(opens);
});

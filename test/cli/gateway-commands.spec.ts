import { cli } from './in-process.js';
import { StandInGateway } from './stand-in-gateway.js';

const TOKEN = 'a1b2c3d4'.repeat(8);
const REFUSED = {
  error: { message: 'Unauthorized', type: 'unauthorized', code: 'token_mismatch', requestId: 'r-1' },
};

const DECISION = {
  requestId: 'r-9',
  at: '2026-11-21T10:00:00.000Z',
  surface: 'http',
  client: '203.0.113.9',
  peer: '10.0.0.1',
  code: 'token_mismatch',
  steps: [
    { method: 'loopback', verdict: 'not presented' },
    { method: 'gateway-token', verdict: 'could not decide', code: 'auth_unavailable', reason: 'ECONNREFUSED' },
    { method: 'token', verdict: 'not mine', code: 'token_mismatch' },
  ],
};

const tokenRow = (id: string, more: object = {}): object => ({
  id,
  label: 'laptop',
  user: 'ada@example.com',
  createdAt: '2026-11-21T10:00:00.000Z',
  expiresAt: '2999-01-01T00:00:00.000Z',
  revokedAt: null,
  lastUsedAt: null,
  scopes: null,
  ...more,
});

let gateway: StandInGateway;
afterEach(() => gateway.stop());

/** A command on the machine of the stand-in gateway. */
const here = (environment: Record<string, string> = {}): { environment: Record<string, string> } => ({
  environment: { HOME: '/nonexistent', DOORWARD_GATEWAY_PORT: String(gateway.port), ...environment },
});

describe('auth explain', () => {
  beforeEach(async () => {
    const { code: _, ...undecided } = DECISION;
    const identity = { method: 'token', subject: 'token', tenantId: 't' };
    gateway = await StandInGateway.start({
      'GET /api/v1/auth/decisions/r-9': [200, DECISION],
      'GET /api/v1/auth/decisions/r-8': [200, { ...undecided, requestId: 'r-8', identity }],
      'GET /api/v1/auth/decisions/r-7': [200, { ...DECISION, requestId: 'r-7', code: 'rate_limited', steps: [] }],
    });
  });

  it('shows each method in order, why, and what to do next', async () => {
    const { code, stdout, stderr } = await cli('auth explain r-9', here());

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toEqual([
      'Request r-9: refused: token_mismatch',
      '  2026-11-21T10:00:00.000Z, http, from 203.0.113.9 by way of 10.0.0.1',
      '',
      'METHOD         VERDICT           CODE              WHY',
      'loopback       not presented     -                 the caller showed nothing that this method judges',
      'gateway-token  could not decide  auth_unavailable  a method could not decide, usually because the database is down: ECONNREFUSED',
      'token          not mine          token_mismatch    the token is none that this gateway knows',
      '',
      'What to do: Compare it with gateway.auth.token (mind DOORWARD_GATEWAY_TOKEN), or issue one: doorward tokens create.',
    ]);
  });

  it('names the method that let somebody in, and then has no advice', async () => {
    const { stdout } = await cli('auth explain r-8', here());

    expect(stdout).toContain('Request r-8: let in by token as token\n');
    expect(stdout).not.toContain('What to do');
  });

  it('says when it ended before any method was asked', async () => {
    const { stdout } = await cli('auth explain r-7', here());

    expect(stdout).toContain('refused: rate_limited');
    expect(stdout).toContain('No method was asked.\n\nWhat to do: Wait until the window ends');
  });

  it('--json is the answer of the gateway', async () => {
    expect(JSON.parse((await cli('auth explain r-9 --json', here())).stdout)).toEqual(DECISION);
  });

  it('says so when nothing is remembered', async () => {
    const { code, stdout, stderr } = await cli('auth explain r-10', here());

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('not found');
  });
});

describe('tokens create', () => {
  beforeEach(async () => {
    const issued = { id: 't-1', token: TOKEN, user: 'ada@example.com', expiresAt: '2026-11-22T10:00:00.000Z' };
    gateway = await StandInGateway.start({ 'POST /api/v1/tokens': [201, issued] });
  });

  it('prints the token alone on stdout, the rest on stderr', async () => {
    const { code, stdout, stderr } = await cli('tokens create --user ada@example.com', here());

    expect({ code, stdout }).toEqual({ code: 0, stdout: `${TOKEN}\n` });
    expect(stderr).toContain('t-1 for ada@example.com, expires 2026-11-22T10:00:00.000Z');
    expect(stderr).not.toContain(TOKEN);
  });

  it('asks for what the flags say', async () => {
    const line = 'tokens create --role member --label ci --expires-in 30d --scope operator.read operator.write';
    const { stdout } = await cli(`${line} --json`, here());

    expect(JSON.parse(stdout)).toMatchObject({ id: 't-1', token: TOKEN });
    expect(gateway.asked[0]!.body).toEqual({
      role: 'member',
      label: 'ci',
      expiresIn: 2_592_000,
      scopes: ['operator.read', 'operator.write'],
    });
  });
});

describe('tokens list', () => {
  it('lists all pages, with the state of each token', async () => {
    gateway = await StandInGateway.start({
      'GET /api/v1/tokens?limit=100': [200, { items: [tokenRow('t-1')], nextCursor: 'c/2' }],
      'GET /api/v1/tokens?limit=100&cursor=c%2F2': [
        200,
        {
          items: [
            tokenRow('t-2', { revokedAt: '2026-11-21T10:00:00Z' }),
            tokenRow('t-3', { expiresAt: '2020-01-01T00:00:00Z' }),
          ],
          nextCursor: null,
        },
      ],
    });
    const { stdout } = await cli('tokens list', here());
    const json = JSON.parse((await cli('tokens list --json', here())).stdout) as { id: string }[];

    expect(stdout).toMatch(
      /t-1 +active +- +ada@example.com +laptop +- +2999-01-01T00:00:00.000Z +never\nt-2 +revoked .*\nt-3 +expired/,
    );
    expect(json.map(({ id }) => id)).toEqual(['t-1', 't-2', 't-3']);
  });

  it("keeps other people's words harmless", async () => {
    const label = 'x\u001b]0;owned\u0007\u202e\nt-0 active';
    gateway = await StandInGateway.start({
      'GET /api/v1/tokens?limit=100': [200, { items: [tokenRow('t-1', { label })], nextCursor: null }],
    });
    const { stdout } = await cli('tokens list', here());

    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  it('says how to make the first one', async () => {
    gateway = await StandInGateway.start({ 'GET /api/v1/tokens?limit=100': [200, { items: [], nextCursor: null }] });

    expect(await cli('tokens list', here())).toEqual({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('doorward tokens create'),
    });
    expect((await cli('tokens list --json', here())).stdout).toBe('[]\n');
  });
});

describe('tokens revoke', () => {
  it('names the token in the path, whatever its characters', async () => {
    gateway = await StandInGateway.start({ 'DELETE /api/v1/tokens/t%2F1': [204, ''] });

    expect(await cli('tokens revoke t/1', here())).toEqual({ code: 0, stdout: 'Token t/1 is revoked.\n', stderr: '' });
  });
});

describe('status and health', () => {
  const status = {
    version: '0.1.0',
    uptimeMs: 7_300_000,
    ready: false,
    failing: [{ part: 'database', reason: 'ECONNREFUSED' }],
    database: 'PostgreSQL at db:5432',
    methods: ['loopback', 'token'],
    configVersion: 1,
  };

  beforeEach(async () => {
    gateway = await StandInGateway.start({
      'GET /api/v1/status': [200, status],
      'GET /health': [200, { ok: true, status: 'live' }],
      'GET /ready': [503, { ready: false, failing: status.failing }],
    });
  });

  it.each(['status', 'gateway status'])('%s is one screen', async (line) => {
    const { code, stdout } = await cli(line, here());

    expect(code).toBe(0);
    expect(stdout).toContain('Up for    2 h');
    expect(stdout).toContain('Failing   database: ECONNREFUSED');
    expect(stdout).toContain('Methods   loopback → token');
  });

  it.each(['health', 'gateway health', 'gateway health --json'])('%s fails while a part does', async (line) => {
    const { code, stdout } = await cli(line, here());

    expect(code).toBe(1);
    expect(stdout).toContain('database');
  });

  it('health needs no credential, not even elsewhere', async () => {
    expect((await cli(`health --url ${gateway.url}`)).stdout).toContain('alive, but not ready');
  });
});

describe('the credential', () => {
  beforeEach(async () => (gateway = await StandInGateway.start({ 'GET /api/v1/status': [401, REFUSED] })));

  const shown = (): string | undefined => gateway.asked[0]!.headers.authorization;

  // prettier-ignore
  it.each([
    ['nothing',                     'status',                  {},                                                                 undefined],
    ['the environment',             'status',                  { DOORWARD_GATEWAY_TOKEN: 'from-env' },                             'Bearer from-env'],
    ['an alias of it',              'status',                  { CLAWDBOT_GATEWAY_PASSWORD: 'from-env' },                          'Bearer from-env'],
    ['a flag before all',           'status --token from-arg', { DOORWARD_GATEWAY_TOKEN: 'from-env' },                             'Bearer from-arg'],
    ['a hash is no credential',     'status',                  { DOORWARD_GATEWAY_PASSWORD: '$argon2id$v=19$m=19456$x$y' },        undefined],
  ])('%s', async (_, line, environment, header) => {
    await cli(line, here(environment));

    expect(shown()).toBe(header);
  });

  it('of this machine never goes to a gateway that is named by --url', async () => {
    const environment = { HOME: '/nonexistent', DOORWARD_GATEWAY_TOKEN: 'of-this-machine' };
    await cli(`health --url ${gateway.url}`, { environment });

    expect(gateway.asked.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
    expect((await cli(`status --url ${gateway.url}`, { environment })).code).toBe(2);
  });

  it('that was refused is named, with what to do next', async () => {
    const { code, stdout, stderr } = await cli('status', here({ DOORWARD_GATEWAY_TOKEN: 'wrong-wrong-wrong' }));

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      'error: Unauthorized (token_mismatch)',
      'The credential came from DOORWARD_GATEWAY_TOKEN.',
      'Compare it with gateway.auth.token (mind DOORWARD_GATEWAY_TOKEN), or issue one: doorward tokens create.',
      'An administrator sees why with: doorward auth explain r-1',
      '',
    ]);
  });

  it('errors are JSON where JSON was asked for', async () => {
    const { stdout, stderr } = await cli('status --json', here());

    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'token_mismatch', message: 'Unauthorized (token_mismatch)', exitCode: 1 },
    });
  });
});

describe('no gateway', () => {
  beforeEach(async () => {
    gateway = await StandInGateway.start({ 'GET /api/v1/status': [200, '<html>'] });
  });

  it.each(['status', 'health', 'tokens list', 'tokens create', 'auth explain r-1', 'gateway call health'])(
    '%s says how to start one',
    async (line) => {
      const environment = { HOME: '/nonexistent', DOORWARD_GATEWAY_PORT: '1' };
      const { code, stdout, stderr } = await cli(line, { environment });

      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('no gateway is running at http://127.0.0.1:1\nStart it with: doorward gateway run');
    },
  );

  it('something else on the port is told apart', async () => {
    expect((await cli('status', here())).stderr).toContain('is no Doorward gateway');
  });
});

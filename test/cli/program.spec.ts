import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { built, CliHome, type CliOptions, type Finished, type RunningCli } from '../helpers/cli.js';

const HOUSE_KEY = 'canary-house-key-5f2d9c';
const WRONG_KEY = 'canary-wrong-key-81ab77';

let home: CliHome;

beforeAll(built);
beforeEach(() => (home = new CliHome()));
afterEach(() => home.remove());

interface Started {
  readonly running: RunningCli;
  readonly port: number;
  /** Runs a command on the same machine. */
  readonly cli: (line: string, options?: CliOptions) => Promise<Finished>;
}

/** Opening a new embedded database takes seconds: only where rows matter is there one. */
const NO_ROWS = { DOORWARD_DATABASE_MODE: 'none' };

async function startGateway(line = '', { env = NO_ROWS, ...more }: CliOptions = {}): Promise<Started> {
  const options = { ...more, env };
  const running = home.start(['gateway', 'run', '--port', '0', ...line.split(' ').filter(Boolean)], options);
  const [, port] = await running.until(/http:\/\/127\.0\.0\.1:(\d+)/);
  const cli = (words: string, more: CliOptions = {}): Promise<Finished> =>
    home.run(words.split(' '), { ...more, env: { ...options.env, ...more.env, DOORWARD_GATEWAY_PORT: port! } });
  return { running, port: Number(port), cli };
}

/** Comes as if from elsewhere, so that loopback does not answer for it. */
async function knock(
  port: number,
  bearer: string,
): Promise<{ status: number; body: { error?: { requestId: string } } }> {
  const headers = { authorization: `Bearer ${bearer}`, host: 'gateway.example.com' };
  const sent = request({ host: '127.0.0.1', port, path: '/api/v1/whoami', headers });
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
    sent.once('response', resolve).once('error', reject).end(),
  );
  return { status: response.statusCode!, body: JSON.parse(await text(response)) as { error?: { requestId: string } } };
}

async function stop({ running }: Started, signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
  running.child.kill(signal);
  return running.finished();
}

describe('a gateway from start to end', () => {
  it('starts with nothing configured, says what it is, issues, explains and revokes, and ends with 0', async () => {
    const gateway = await startGateway('', { env: {} });
    const { cli, port, running } = gateway;
    await running.until(/Database/);
    expect(running.stderr).toContain('no credential is configured');
    expect(running.stdout).toMatch(/Methods +loopback → device-token → gateway-token\n +Database +embedded PostgreSQL/);

    expect((await cli('health')).code).toBe(0);
    expect((await cli('status')).stdout).toContain('Ready     yes');

    const created = await cli('tokens create --label ci --expires-in 5m');
    const token = created.stdout.trim();
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect((await knock(port, token)).status).toBe(200);

    const [listed] = JSON.parse((await cli('tokens list --json')).stdout) as { id: string; label: string }[];
    expect(listed).toMatchObject({ label: 'ci' });
    expect((await cli(`tokens revoke ${listed!.id}`)).code).toBe(0);

    const refused = await knock(port, token);
    expect(refused.status).toBe(401);
    const explained = await cli(`auth explain ${refused.body.error!.requestId}`);
    expect(explained.stdout).toContain('refused: token_revoked');
    expect(explained.stdout).toMatch(/gateway-token +refused +token_revoked +the gateway token was revoked/);
    expect((await cli('logs --grep auth.failed')).stdout).toContain('auth failed');

    const called = await cli('gateway call health');
    expect(JSON.parse(called.stdout)).toMatchObject({ ok: true });
    expect((await cli('gateway call no.such.method')).code).toBe(1);

    expect((await stop(gateway)).code).toBe(0);
  });

  it('SIGINT is an orderly end too', async () => {
    expect((await stop(await startGateway(), 'SIGINT')).code).toBe(0);
  });

  it('--json makes every line of stdout a JSON object', async () => {
    const gateway = await startGateway('--json');
    await gateway.running.until(/gateway\.listening/);
    const { stdout } = await stop(gateway);

    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines)
      expect(line).toMatchObject({ level: expect.any(String), ts: expect.any(String), msg: expect.any(String) });
  });

  it('the command line reads the local proof by itself', async () => {
    const gateway = await startGateway('', {
      env: { ...NO_ROWS, DOORWARD_GATEWAY_AUTH_LOOPBACK: 'proof', DOORWARD_GATEWAY_TOKEN: HOUSE_KEY },
    });

    expect((await gateway.cli('status', { env: { DOORWARD_GATEWAY_TOKEN: WRONG_KEY } })).code).toBe(0);
    writeFileSync(join(home.stateDir, 'local-proof'), 'stale');
    expect((await gateway.cli('status', { env: { DOORWARD_GATEWAY_TOKEN: WRONG_KEY } })).code).toBe(1);
  });
});

describe('secrets stay where they are', () => {
  it('S191, S199: no log, output or file holds a key, right or wrong, and all files are private', async () => {
    const gateway = await startGateway('--verbose --token-stdin', { input: `${HOUSE_KEY}\n` });
    expect((await knock(gateway.port, HOUSE_KEY)).status).toBe(200);
    expect((await knock(gateway.port, WRONG_KEY)).status).toBe(401);
    const { stdout, stderr } = await stop(gateway);

    const files = readdirSync(home.stateDir, { recursive: true, withFileTypes: true });
    const logs = readFileSync(join(home.stateDir, 'logs', 'gateway.log'), 'utf8');
    expect(logs).toContain('auth failed');
    expect(stdout + stderr + logs).not.toContain('canary');
    expect(statSync(join(home.stateDir, 'logs')).mode & 0o777).toBe(0o700);
    const open = files.map((entry) => join(entry.parentPath, entry.name)).filter((path) => statSync(path).mode & 0o077);
    expect(open).toEqual([]);
  });

  it('a key among the arguments leaves the process list', async () => {
    const gateway = await startGateway(`--token ${HOUSE_KEY}`);
    const list = `/proc/${gateway.running.child.pid}/cmdline`;

    expect(gateway.running.stderr).toContain('--token shows the secret');
    // Only Linux has the file; elsewhere the warning is all there is.
    expect(existsSync(list) ? readFileSync(list, 'latin1') : '').not.toContain('canary');
  });
});

describe('what keeps a gateway from starting', () => {
  it('a wrong configuration: 78, all errors, nothing written', async () => {
    mkdirSync(home.stateDir, { mode: 0o700 });
    writeFileSync(
      join(home.stateDir, 'doorward.json5'),
      '{ gateway: { prot: 1, bind: "everywhere", auth: { mode: "tokne" } } }',
    );
    const { code, stdout, stderr } = await home.run(['gateway', 'run']);

    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    for (const path of ['gateway.prot', 'gateway.bind', 'gateway.auth.mode']) expect(stderr).toContain(`  ${path}: `);
    expect(stderr).toContain('port');
    expect(readdirSync(home.stateDir)).toEqual(['doorward.json5']);

    const checked = await home.run(['config', 'validate']);
    expect({ code: checked.code, stderr: checked.stderr }).toEqual({ code: 1, stderr });
  });

  it('others could come in, and nobody could be told from anybody: 78', async () => {
    const { code, stderr } = await home.run(['gateway', 'run', '--bind', 'lan', '--port', '0']);

    expect(code).toBe(78);
    expect(stderr).toContain('gateway.auth');
    expect(existsSync(home.stateDir)).toBe(false);
  });

  it('the port is taken: 1, with the remedy', async () => {
    const { port } = await startGateway();
    const other = await home.run(['gateway', 'run', '--port', String(port)], {
      env: { ...NO_ROWS, DOORWARD_STATE_DIR: join(home.path, 'other') },
    });

    expect({ code: other.code, stdout: other.stdout }).toEqual({ code: 1, stdout: '' });
    expect(other.stderr).toContain(
      `port ${port} on 127.0.0.1 is in use\nStop what listens there, or choose another port with --port`,
    );
  });

  it('the embedded database is open elsewhere: 1, with the pid', async () => {
    const { running } = await startGateway('', { env: {} });
    const other = await home.run(['gateway', 'run', '--port', '0']);

    expect({ code: other.code, stdout: other.stdout }).toEqual({ code: 1, stdout: '' });
    expect(other.stderr).toContain(`in use by process ${running.child.pid}`);
  });
});

describe('gateway run --dev', () => {
  it('starts again when the configuration changes, also after a wrong one', async () => {
    mkdirSync(home.stateDir, { mode: 0o700 });
    const config = join(home.stateDir, 'doorward.json5');
    writeFileSync(config, '{}');
    const gateway = await startGateway('--dev');

    writeFileSync(config, '{ gateway: { prot: 1 } }');
    await gateway.running.until(/gateway\.prot: /, 'stderr');
    writeFileSync(config, `{ gateway: { auth: { token: "${HOUSE_KEY}" } } }`);
    await gateway.running.until(/loopback → token/);

    const { code, stdout } = await stop(gateway);
    expect(code).toBe(0);
    expect(stdout.match(/Address/g)).toHaveLength(2);
  });
});

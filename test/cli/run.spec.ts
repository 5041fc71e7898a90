import type { BootOptions, RunningGateway } from '../../src/cli/boot.js';
import { ConfigError } from '../../src/config/config-error.js';
import { cli } from './in-process.js';

let asked: BootOptions | undefined;

/** A gateway that stops by itself as soon as it runs. */
const stopsAtOnce: RunningGateway = {
  url: 'http://127.0.0.1:18789',
  chain: ['loopback', 'gateway-token', 'token'],
  database: 'embedded PostgreSQL',
  warnings: ['no credential is configured'],
  closed: Promise.resolve(),
  close: () => Promise.resolve(),
};

const boot =
  (gateway: RunningGateway) =>
  (options: BootOptions): Promise<RunningGateway> => {
    asked = options;
    return Promise.resolve(gateway);
  };

function failing(thrown: unknown): () => Promise<never> {
  return async () => {
    throw thrown;
  };
}

describe('gateway run', () => {
  it.each(['gateway run', 'gateway'])('%s: the banner says address, methods in order and database', async (line) => {
    const { code, stdout, stderr } = await cli(line, { boot: boot(stopsAtOnce) });

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'Doorward 0.0.0-test',
      '  Address   http://127.0.0.1:18789',
      '  Methods   loopback → gateway-token → token',
      '  Database  embedded PostgreSQL',
      '',
    ]);
  });

  it('shows the address of the console only when there is one', async () => {
    const { stdout } = await cli('gateway run', {
      boot: boot({ ...stopsAtOnce, console: 'http://127.0.0.1:18789/ui' }),
    });

    expect(stdout).toContain('  Console   http://127.0.0.1:18789/ui\n');
  });

  it('--json makes the banner one more line of the log', async () => {
    const { stdout } = await cli('gateway run --json', { boot: boot(stopsAtOnce) });

    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({
      level: 'info',
      event: 'gateway.listening',
      url: stopsAtOnce.url,
      methods: stopsAtOnce.chain,
    });
    expect(asked!.terminal).toBe('json');
  });

  it('flags become settings of this process', async () => {
    await cli('gateway run --port 0 --bind lan --auth token --tailscale serve --verbose', { boot: boot(stopsAtOnce) });

    expect(asked).toMatchObject({
      overrides: {
        'gateway.port': 0,
        'gateway.bind': 'lan',
        'gateway.auth.mode': 'token',
        'gateway.tailscale.mode': 'serve',
      },
      verbose: true,
    });
  });

  it('a wrong configuration ends with 78 and all that is wrong', async () => {
    const error = new ConfigError([
      { path: 'gateway.prot', message: 'unknown key; did you mean "port"?' },
      { path: 'gateway.bind', message: 'must be one of …' },
    ]);
    const { code, stdout, stderr } = await cli('gateway run', { boot: failing(error) });

    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect((await cli('gateway', { boot: failing(error) })).code).toBe(78);
    expect(stderr).toContain('\n  gateway.prot: unknown key; did you mean "port"?\n  gateway.bind: must be one of …\n');
  });

  // prettier-ignore
  it.each([
    ['EADDRINUSE',    'error: port 18789 on 127.0.0.1 is in use\nStop what listens there, or choose another port with --port or gateway.port.\n'],
    ['EACCES',        'error: port 18789 on 127.0.0.1 may not be opened by this user\nChoose a port above 1023 with --port or gateway.port.\n'],
    ['EADDRNOTAVAIL', 'error: 127.0.0.1 is not an address of this machine\nCorrect gateway.bind or gateway.customBindHost.\n'],
  ])('%s ends with 1 and the remedy', async (code, stderr) => {
    const error = Object.assign(new Error(`listen ${code}`), { code, syscall: 'listen', address: '127.0.0.1', port: 18789 });

    expect(await cli('gateway run', { boot: failing(error) })).toEqual({ code: 1, stdout: '', stderr });
  });

  it('any other failure ends with 1 and its own words; its stack on demand', async () => {
    const error = new Error('the embedded database is in use by process 42');

    expect(await cli('gateway run', { boot: failing(error) })).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: ${error.message}\n`,
    });
    expect((await cli('gateway run --verbose', { boot: failing(error) })).stderr).toContain('run.spec.ts');
  });
});

describe('config validate', () => {
  it('is content with what the gateway would take', async () => {
    const checkConfig = () => Promise.resolve({ configPath: '/etc/doorward.json5', warnings: ['w'] });

    expect(await cli('config validate', { checkConfig })).toEqual({
      code: 0,
      stdout: 'The configuration is good: /etc/doorward.json5.\n',
      stderr: 'warning: w\n',
    });
  });

  it('lists all errors and ends with 1, as JSON too: 78 is for a start that is refused', async () => {
    const errors = [{ path: 'gateway.port', message: 'must be a whole number' }];
    const { code, stdout } = await cli('config validate --json', { checkConfig: failing(new ConfigError(errors)) });

    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({ valid: false, file: null, errors, warnings: [] });
    expect((await cli('config validate', { checkConfig: failing(new ConfigError(errors)) })).code).toBe(1);
  });
});

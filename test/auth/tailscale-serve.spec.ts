import { TailscaleServe } from '../../src/auth/tailscale/serve.js';
import { TailnetName } from '../../src/auth/tailscale/tailnet-name.js';
import { Tailscaled } from '../../src/auth/tailscale/tailscaled.js';
import { ConfigService } from '../../src/config/config.service.js';
import type { Log, LogFields } from '../../src/kernel/log.js';
import { TestClock } from '../helpers/clock.js';
import { FakeTailscale, MAGIC_NAME, type TailscaleWorld, tailscaleConfig } from '../helpers/tailscale.js';

const PORT = 18789;
const TARGET = `http://127.0.0.1:${PORT}`;
const SITE = `${MAGIC_NAME}:443`;
const OURS = { Web: { [SITE]: { Handlers: { '/': { Proxy: TARGET } } } } };

let clock: TestClock;
let command: FakeTailscale;
let lines: { level: string; event: string; fields: LogFields }[];

beforeEach(() => {
  clock = new TestClock();
  command = new FakeTailscale();
  lines = [];
});

afterEach(() => command.remove());

const log = Object.fromEntries(
  ['debug', 'info', 'warn', 'error'].map((level) => [
    level,
    (event: string, fields: LogFields = {}) => lines.push({ level, event, fields }),
  ]),
) as unknown as Log;

const warnings = (): LogFields[] => lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields);

function configOf(world: TailscaleWorld): ConfigService {
  const socket = `${command.directory}/absent.sock`;
  const snapshot = tailscaleConfig({ ...world, tailscale: { socket, command: command.program, ...world.tailscale } });
  return new ConfigService(snapshot, () => Promise.resolve(snapshot));
}

const serveOf = (world: TailscaleWorld): TailscaleServe =>
  new TailscaleServe(new Tailscaled(clock), configOf(world), log);

/** The calls that change something, without the socket that each is given. */
const changes = (): string[] =>
  command.calls.map(([, ...words]) => words.join(' ')).filter((line) => line !== 'serve status --json');

describe('publishing the gateway', () => {
  it('serve publishes our port on the tailnet and takes back exactly that', async () => {
    const other = { Proxy: 'http://127.0.0.1:3000' };
    command.change({ serve: { Web: { [SITE]: { Handlers: { '/notes': other } } } } });
    const serve = serveOf({ tailscale: { mode: 'serve', resetOnExit: true } });

    await expect(serve.start(PORT)).resolves.toBe(true);
    expect(command.state.serve).toMatchObject({
      Web: { [SITE]: { Handlers: { '/': { Proxy: TARGET }, '/notes': other } } },
    });
    await serve.stop();
    expect(command.state.serve).toEqual({ Web: { [SITE]: { Handlers: { '/notes': other } } }, AllowFunnel: {} });
    expect(changes()).toEqual([`serve --bg --https=443 ${TARGET}`, 'serve --https=443 --set-path=/ off']);
  });

  it('funnel publishes it on the internet and takes that back', async () => {
    const serve = serveOf({ tailscale: { mode: 'funnel', resetOnExit: true }, auth: { mode: 'password' } });

    await expect(serve.start(PORT)).resolves.toBe(true);
    expect(command.state.serve).toMatchObject({ AllowFunnel: { [SITE]: true } });
    await serve.stop();
    expect(command.state.serve).toEqual({ Web: {}, AllowFunnel: {} });
    expect(changes()).toEqual([`funnel --bg --https=443 ${TARGET}`, 'funnel --https=443 --set-path=/ off']);
  });

  it('stays published without resetOnExit', async () => {
    const serve = serveOf({ tailscale: { mode: 'serve' } });
    await serve.start(PORT);
    await serve.stop();

    expect(command.state.serve).toMatchObject(OURS);
  });

  it('a custom loopback address is published as it is', async () => {
    await serveOf({ tailscale: { mode: 'serve' }, gateway: { bind: 'custom', customBindHost: '127.0.0.2' } }).start(
      PORT,
    );

    expect(changes()).toEqual([`serve --bg --https=443 http://127.0.0.2:${PORT}`]);
  });

  it('what an earlier run has left is taken over', async () => {
    command.change({ serve: OURS });
    const serve = serveOf({ tailscale: { mode: 'serve', resetOnExit: true } });

    await expect(serve.start(PORT)).resolves.toBe(true);
    expect(changes()).toEqual([]);
    await serve.stop();
    expect(command.state.serve).toEqual({ Web: {}, AllowFunnel: {} });
  });

  it('serve never leaves a funnel of an earlier run open', async () => {
    command.change({ serve: { ...OURS, AllowFunnel: { [SITE]: true } } });
    await serveOf({ tailscale: { mode: 'serve' } }).start(PORT);

    expect(command.state.serve).toEqual({ ...OURS, AllowFunnel: {} });
  });

  it.each(['off', 'enabled', 'require', 'disabled'] as const)('%s runs nothing', async (mode) => {
    const serve = serveOf({ tailscale: { mode, resetOnExit: true } });

    await expect(serve.start(PORT)).resolves.toBe(false);
    await serve.stop();
    expect(command.calls).toEqual([]);
  });

  it('a machine that has never published anything prints null', async () => {
    command.change({ serve: null });
    command.change({ fails: { 'serve --bg': 'that far and no further' } });
    await serveOf({ tailscale: { mode: 'serve' } }).start(PORT);

    expect(warnings()).toMatchObject([{ reason: 'that far and no further' }]);
  });
});

describe('what goes wrong is a warning with a remedy, and the gateway lives on', () => {
  it("does not replace somebody else's publication, and does not take it back", async () => {
    const theirs = { Web: { [SITE]: { Handlers: { '/': { Proxy: 'http://127.0.0.1:3000' } } } } };
    command.change({ serve: theirs });
    const serve = serveOf({ tailscale: { mode: 'serve', resetOnExit: true } });

    await expect(serve.start(PORT)).resolves.toBe(false);
    await serve.stop();
    expect(command.state.serve).toEqual(theirs);
    expect(warnings()).toMatchObject([{ reason: expect.stringContaining('http://127.0.0.1:3000') as string }]);
  });

  it('does not take back what somebody else has put in its place', async () => {
    const serve = serveOf({ tailscale: { mode: 'serve', resetOnExit: true } });
    await serve.start(PORT);
    const theirs = { Web: { [SITE]: { Handlers: { '/': { Proxy: 'http://127.0.0.1:3000' } } } } };
    command.change({ serve: theirs });
    await serve.stop();

    expect(command.state.serve).toEqual(theirs);
  });

  it.each([
    ['no permission', 'sending serve config: Access denied: serve config denied', /--operator=/],
    ['not running', "failed to connect to local tailscaled; it doesn't appear to be running", /systemctl start/],
    ['logged out', 'Tailscale is stopped.', /tailscale up/],
    ['too old', 'flag provided but not defined: -bg', /1\.52/],
    ['anything else', 'something new', /by hand/],
  ])('%s', async (_what, complaint, remedy) => {
    command.change({ fails: { 'serve --bg': complaint } });

    await expect(serveOf({ tailscale: { mode: 'serve' } }).start(PORT)).resolves.toBe(false);
    expect(warnings()).toMatchObject([{ reason: complaint, remedy: expect.stringMatching(remedy) as string }]);
  });

  it('not installed', async () => {
    const absent = `${command.directory}/absent`;

    await expect(serveOf({ tailscale: { mode: 'serve', command: absent } }).start(PORT)).resolves.toBe(false);
    expect(warnings()).toMatchObject([{ remedy: expect.stringContaining('gateway.tailscale.command') as string }]);
  });

  it('a command that waits for a person is ended, and what it said is shown', async () => {
    command.change({ hangs: 'serve --bg' });
    const hanging = command.hanging();
    const started = serveOf({ tailscale: { mode: 'serve' } }).start(PORT);
    await hanging;
    clock.advance(5_000);

    await expect(started).resolves.toBe(false);
    expect(warnings()).toMatchObject([
      {
        reason: expect.stringContaining('https://login.tailscale.com/f/serve?node=n1') as string,
        remedy: expect.stringContaining('admin console') as string,
      },
    ]);
  });

  it('taking back fails', async () => {
    const serve = serveOf({ tailscale: { mode: 'serve', resetOnExit: true } });
    await serve.start(PORT);
    command.change({ fails: { 'serve --https': 'Access denied: serve config denied' } });

    await serve.stop();
    expect(warnings()).toMatchObject([{ remedy: expect.stringContaining('--operator=') as string }]);
  });
});

describe('the tailnet name', () => {
  const nameOf = (world: TailscaleWorld): Promise<string | undefined> =>
    new TailnetName(new Tailscaled(clock), configOf(world), log).tailnetName();

  it.each(['serve', 'funnel', 'enabled', 'require'] as const)('is known under %s', async (mode) => {
    await expect(nameOf({ tailscale: { mode } })).resolves.toBe(MAGIC_NAME);
  });

  it.each(['off', 'disabled'] as const)('is not asked for under %s', async (mode) => {
    await expect(nameOf({ tailscale: { mode } })).resolves.toBeUndefined();
    expect(command.calls).toEqual([]);
  });

  it('is unknown, and the log says why, when Tailscale does not answer', async () => {
    command.change({ fails: { status: 'Tailscale is stopped.' } });

    await expect(nameOf({ tailscale: { mode: 'serve' } })).resolves.toBeUndefined();
    expect(warnings()).toMatchObject([{ reason: expect.stringContaining('Tailscale is stopped.') as string }]);
  });
});

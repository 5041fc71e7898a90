import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TailscaleSettings } from '../../src/auth/tailscale/tailscale.settings.js';
import { Tailscaled } from '../../src/auth/tailscale/tailscaled.js';
import { Whois } from '../../src/auth/tailscale/whois.js';
import { Unavailable } from '../../src/kernel/errors.js';
import { TestClock } from '../helpers/clock.js';
import {
  FakeTailscale,
  FakeTailscaled,
  type Health,
  GUEST,
  IPV6_OWNER,
  MAGIC_NAME,
  OWNER,
  SERVER,
} from '../helpers/tailscale.js';

const NOWHERE = join(tmpdir(), 'no-such-place', 'tailscaled.sock');
const STRANGER = '203.0.113.9';

let clock: TestClock;
let daemon: FakeTailscaled;
let command: FakeTailscale;
let settings: TailscaleSettings;
let tailscaled: Tailscaled;
let whois: Whois;

const use = (part: Partial<TailscaleSettings>): void => {
  settings = { mode: 'serve', resetOnExit: false, ...part };
};
const loginOf = (address: string): Promise<string | null> => whois.loginOf(address, settings);

const failureOf = (answer: Promise<unknown>): Promise<string> => answer.then(() => 'none', String);

beforeEach(async () => {
  clock = new TestClock();
  daemon = await FakeTailscaled.start();
  command = new FakeTailscale();
  tailscaled = new Tailscaled(clock);
  whois = new Whois(tailscaled, clock);
  use({ socket: daemon.socket, command: command.program });
});

afterEach(async () => {
  await daemon.stop();
  command.remove();
});

describe('whois through the local API', () => {
  it.each([
    ['a person', OWNER.address, 'owner@example.com'],
    ['a person by IPv6', IPV6_OWNER.address, 'owner@example.com'],
    ['a tagged machine, which is nobody', SERVER.address, null],
    ['a stranger', STRANGER, null],
  ])('%s', async (_who, address, login) => {
    await expect(loginOf(address)).resolves.toBe(login);
    expect(command.calls).toEqual([]);
  });

  it('compares logins in one form', async () => {
    daemon.peers.set('100.64.0.20', { login: ' Owner@Example.COM ' });

    await expect(loginOf('100.64.0.20')).resolves.toBe('owner@example.com');
  });

  it.each<Health>(['garbage', 'denied', 'broken', 'endless'])(
    'S239: a daemon that is %s is no verdict',
    async (health) => {
      daemon.health = health;
      await expect(loginOf(OWNER.address)).rejects.toThrow(Unavailable);

      daemon.health = 'well';
      await expect(loginOf(OWNER.address)).resolves.toBe('owner@example.com');
    },
  );

  it('S239: an answer that names nobody is no verdict', async () => {
    daemon.peers.set(OWNER.address, { login: '' });

    await expect(loginOf(OWNER.address)).rejects.toThrow(Unavailable);
  });

  it('gives up after five seconds', async () => {
    daemon.health = 'silent';
    const asked = daemon.nextQuestion();
    const failure = failureOf(loginOf(OWNER.address));
    await asked;
    clock.advance(5_000);

    await expect(failure).resolves.toMatch(/^Unavailable: Tailscale gave no answer within 5 s/);
  });
});

describe('whois through the command', () => {
  beforeEach(() => use({ socket: NOWHERE, command: command.program }));

  it.each([
    ['a person', OWNER.address, 'owner@example.com'],
    ['a tagged machine, which is nobody', SERVER.address, null],
    ['a stranger', STRANGER, null],
  ])('%s', async (_who, address, login) => {
    await expect(loginOf(address)).resolves.toBe(login);
    expect(command.calls).toEqual([[`--socket=${NOWHERE}`, 'whois', '--json', address]]);
  });

  it('understands the words of older versions', async () => {
    command.change({ fails: { whois: '404 Not Found: no match for IP:port' } });

    await expect(loginOf(OWNER.address)).resolves.toBeNull();
  });

  it('a socket that nobody serves is as good as none', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'dead-'));
    const dead = join(directory, 'tailscaled.sock');
    writeFileSync(dead, '');
    use({ socket: dead, command: command.program });

    await expect(loginOf(OWNER.address)).resolves.toBe('owner@example.com');
    rmSync(directory, { recursive: true });
  });

  it('S239: a command that fails is no verdict, and says why', async () => {
    command.change({ fails: { whois: 'failed to connect to local tailscaled' } });
    await expect(loginOf(OWNER.address)).rejects.toThrow('tailscale whois: failed to connect to local tailscaled');

    command.change({ fails: {} });
    await expect(loginOf(OWNER.address)).resolves.toBe('owner@example.com');
  });

  it('S239: without socket and command, the error names both keys', async () => {
    use({ socket: NOWHERE, command: join(command.directory, 'absent') });
    const answer = loginOf(OWNER.address);

    await expect(answer).rejects.toThrow(Unavailable);
    await expect(answer).rejects.toThrow(/gateway\.tailscale\.socket or gateway\.tailscale\.command/);
  });

  it('a command that never ends is ended after five seconds', async () => {
    command.change({ hangs: 'whois' });
    const hanging = command.hanging();
    const failure = failureOf(loginOf(OWNER.address));
    await hanging;
    clock.advance(5_000);

    await expect(failure).resolves.toMatch(/^Unavailable: Tailscale gave no answer within 5 s/);
  });
});

describe('what whois remembers', () => {
  const asked = async (address: string): Promise<number> => {
    await loginOf(address);
    return daemon.questions.length;
  };

  it('a person for 60 s', async () => {
    expect(await asked(OWNER.address)).toBe(1);
    clock.advance(59_999);
    expect(await asked(OWNER.address)).toBe(1);
    clock.advance(1);
    expect(await asked(OWNER.address)).toBe(2);
  });

  it('nobody for 5 s', async () => {
    expect(await asked(STRANGER)).toBe(1);
    clock.advance(4_999);
    expect(await asked(STRANGER)).toBe(1);
    clock.advance(1);
    expect(await asked(STRANGER)).toBe(2);
  });

  it('a person who has left the tailnet is gone after the minute', async () => {
    await loginOf(GUEST.address);
    daemon.peers.delete(GUEST.address);
    clock.advance(60_000);

    await expect(loginOf(GUEST.address)).resolves.toBeNull();
  });

  it('each address by itself', async () => {
    await expect(loginOf(OWNER.address)).resolves.toBe(OWNER.login);
    await expect(loginOf(GUEST.address)).resolves.toBe(GUEST.login);
  });

  it('asks once however many want to know at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => loginOf(OWNER.address)));

    expect(new Set(answers)).toEqual(new Set([OWNER.login]));
    expect(daemon.questions).toHaveLength(1);
  });

  it('asks about at most 64 addresses at once', async () => {
    daemon.health = 'silent';
    const asked = daemon.nextQuestion();
    const answers = Array.from({ length: 65 }, (_, n) => loginOf(`100.64.1.${n}`));
    const settled = Promise.allSettled(answers);

    await expect(answers[64]).rejects.toThrow('too many questions');
    await asked;
    clock.advance(5_000);
    const outcomes = await settled;
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(daemon.questions.length).toBeLessThanOrEqual(64);
  });
});

describe('the name of this machine', () => {
  it.each(['socket', 'command'])('through the %s', async (way) => {
    if (way === 'command') use({ socket: NOWHERE, command: command.program });

    await expect(tailscaled.dnsName(settings)).resolves.toBe(MAGIC_NAME);
    expect(command.calls).toHaveLength(way === 'command' ? 1 : 0);
  });

  it('is unknown on a machine without MagicDNS', async () => {
    use({ socket: NOWHERE, command: command.program });
    command.change({ dnsName: '' });

    await expect(tailscaled.dnsName(settings)).resolves.toBeUndefined();
  });
});

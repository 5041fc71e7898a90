import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect, createServer, type Server as NetServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Dial } from './raw-http.js';

/** Where a caller wants to go: a port of this machine and, for a gateway of this process, its application. */
export interface Target {
  readonly port: number;
  readonly app?: NestFastifyApplication;
}

/** Callers who are not on this machine's loopback: their socket has another address. */
export interface Elsewhere {
  /**
   * `namespace`: a network namespace behind a pair of virtual interfaces. `interface`: this machine's own address in
   * its network. `given`: the address is written on the socket before the gateway sees it.
   */
  readonly kind: 'namespace' | 'interface' | 'given';
  /** Two callers; with `interface` they may be one. */
  readonly addresses: readonly [string, string];
  /** An address of this machine itself that is not loopback. */
  readonly own: string;
  /** A connection to the target that comes from one of these addresses. The target listens on all of its own. */
  from(address: string, target: Target): Dial;
  close(): Promise<void>;
}

/** The best that this machine allows; the same cases are judged in each of them. */
export async function elsewhere(): Promise<Elsewhere> {
  if (mayMakeNamespaces()) {
    const namespace = await Namespace.make();
    if (namespace) return namespace;
  }
  const own = ownAddress();
  return own === undefined ? new Given() : ofInterface(own);
}

/** Root with iproute2 may; whether the kernel lets it shows when it is tried. */
function mayMakeNamespaces(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('ip', ['netns', 'list'], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // no such program, or not in this container
  }
}

function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

function ofInterface(address: string): Elsewhere {
  return {
    kind: 'interface',
    addresses: [address, address],
    own: address,
    from:
      (localAddress, { port }) =>
      () =>
        connect({ host: address, port, localAddress, allowHalfOpen: true }),
    close: async () => {},
  };
}

const PREFIX = 'dwt-';

/** A namespace named after our process, so that a later run can tell the ones that were left behind. */
class Namespace implements Elsewhere {
  readonly kind = 'namespace';
  private readonly directory = mkdtempSync(join(tmpdir(), 'doorward-netns-'));
  private readonly door = join(this.directory, 'relay.sock');
  private relay?: ChildProcess;
  private readonly onExit = (): void => this.remove();

  private constructor(
    private readonly name: string,
    readonly own: string,
    readonly addresses: readonly [string, string],
  ) {}

  static async make(): Promise<Namespace | undefined> {
    removeForsaken();
    // 198.18.0.0/15 belongs to tests of networks (RFC 2544): nobody's machines are there.
    const net = `198.${randomInt(18, 20)}.${randomInt(256)}`;
    const base = 8 * randomInt(32);
    const [host, one, two] = [1, 2, 3].map((n) => `${net}.${base + n}`) as [string, string, string];
    const namespace = new Namespace(`${PREFIX}${process.pid}-${randomBytes(3).toString('hex')}`, host, [one, two]);
    process.once('exit', namespace.onExit);
    try {
      namespace.wire();
      await namespace.startRelay();
      return namespace;
    } catch {
      await namespace.close(); // what cannot be had here: another kind of elsewhere stands in
      return undefined;
    }
  }

  from(address: string, { port }: Target): Dial {
    if (address === this.own) return () => connect({ host: address, port, localAddress: address, allowHalfOpen: true });
    return () => {
      const socket = connect({ path: this.door, allowHalfOpen: true });
      socket.write(`${this.own} ${port} ${address}\n`);
      return socket;
    };
  }

  async close(): Promise<void> {
    process.off('exit', this.onExit);
    if (this.relay && this.relay.exitCode === null) {
      const gone = once(this.relay, 'exit');
      this.relay.kill('SIGKILL');
      await gone;
    }
    this.remove();
  }

  private wire(): void {
    const id = this.name.slice(-6);
    const [outer, inner] = [`dwo${id}`, `dwi${id}`];
    ip('netns', 'add', this.name);
    ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner);
    ip('link', 'set', inner, 'netns', this.name);
    ip('addr', 'add', `${this.own}/29`, 'dev', outer);
    ip('link', 'set', outer, 'up');
    for (const address of this.addresses) ip('-n', this.name, 'addr', 'add', `${address}/29`, 'dev', inner);
    ip('-n', this.name, 'link', 'set', inner, 'up');
  }

  private async startRelay(): Promise<void> {
    const program = join(__dirname, 'namespace-relay.cjs');
    const relay = spawn('ip', ['netns', 'exec', this.name, process.execPath, program, this.door], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.relay = relay;
    const failed = once(relay, 'exit').then(() => Promise.reject(new Error('no relay in the namespace')));
    await Promise.race([once(relay.stdout, 'data'), failed]);
    failed.catch(() => {}); // from here on its end is ours
  }

  private remove(): void {
    removeNamespace(this.name);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'ignore' });

/** Its interfaces go with it, the one of the pair that is outside too. */
function removeNamespace(name: string): void {
  try {
    ip('netns', 'del', name);
  } catch {
    // Never made, or gone already.
  }
}

function removeForsaken(): void {
  const names = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n');
  for (const line of names) {
    const name = line.split(' ')[0]!;
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) removeNamespace(name);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Where nothing else can be had: sockets with the addresses of others (TEST-NET-3, RFC 5737). */
class Given implements Elsewhere {
  readonly kind = 'given';
  readonly addresses = ['203.0.113.7', '203.0.113.8'] as const;
  readonly own = '203.0.113.1';
  private readonly entries: GivenOut[] = [];

  from(address: string, { port, app }: Target): Dial {
    if (!app) return () => connect({ host: '127.0.0.1', port, localAddress: LOCAL[address], allowHalfOpen: true });
    const entry = new GivenOut(address, app);
    this.entries.push(entry);
    return entry.dial;
  }

  async close(): Promise<void> {
    for (const entry of this.entries) entry.close();
  }
}

/** To a proxy nobody can be given out for somebody else; these are at least not the proxy's own address. */
const LOCAL: Readonly<Record<string, string>> = { '203.0.113.7': '127.0.0.7', '203.0.113.8': '127.0.0.8' };

/** Hands connections to the gateway's own server, with this remote address, whatever the system would say. */
export class GivenOut {
  private readonly directory = mkdtempSync(join(tmpdir(), 'doorward-given-'));
  private readonly path = join(this.directory, 'door.sock');
  private readonly door: NetServer;

  constructor(address: string, app: NestFastifyApplication) {
    const server = app.getHttpServer() as Server;
    this.door = createServer((socket) => {
      Object.defineProperty(socket, 'remoteAddress', { value: address });
      server.emit('connection', socket);
    }).listen(this.path);
  }

  readonly dial: Dial = () => connect({ path: this.path, allowHalfOpen: true });

  close(): void {
    this.door.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

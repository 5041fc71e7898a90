import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Clock ticks of /proc/<pid>/stat in a second: fixed on Linux (proc(5), sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;

const POLL_MS = 3;

/** A server under measurement: a process of its own. */
export class ServerProcess {
  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {number} port
   * @param {number} readyMs from the start of the process until it took a connection
   */
  constructor(child, port, readyMs) {
    this.child = child;
    this.port = port;
    this.readyMs = readyMs;
  }

  /**
   * Starts `node ...args` and waits until it listens on `port`. Throws what it wrote to stderr when it does not.
   * What it writes to stdout is thrown away: reading it would cost the machine more than writing it.
   *
   * @param {readonly string[]} args
   * @param {number} port a free one
   * @param {Readonly<Record<string, string>>} environment all that the process sees beside PATH
   */
  static async start(args, port, environment = {}) {
    const env = { PATH: process.env.PATH ?? '', ...environment };
    const startedAt = performance.now();
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-4000)));
    while (!(await takesConnections(port))) {
      if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended before it listened:\n${said}`);
      await sleep(POLL_MS);
    }
    return new ServerProcess(child, port, performance.now() - startedAt);
  }

  /** CPU seconds, user and system, since the start; NaN where there is no /proc. */
  get cpuSeconds() {
    const stat = readProc(`/proc/${this.child.pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  /** Bytes of memory in use (resident); NaN where there is no /proc. */
  get residentBytes() {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`/proc/${this.child.pid}/status`))?.[1];
    return Number(kib) * 1024;
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), 5000);
    await gone;
    clearTimeout(late);
  }
}

/** @param {string} path */
function readProc(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // no /proc here: the figure is missing, the rest is measured
  }
}

/** A port that nobody has at the moment. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** @param {number} port */
function takesConnections(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket.destroy() !== undefined));
    socket.on('error', () => resolve(false));
  });
}

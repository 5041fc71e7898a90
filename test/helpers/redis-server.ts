import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Whether this machine has a Redis to test with. */
export const hasRedis = ((): boolean => {
  try {
    return execFileSync('redis-server', ['--version']).includes('Redis');
  } catch {
    return false;
  }
})();

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A real redis-server on 127.0.0.1 with a password and a folder of its own. Nothing is kept between two starts. */
export class RedisServer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'doorward-redis-'));
  private process: ChildProcess | undefined;

  private constructor(private readonly port: number) {}

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://:${PASSWORD}@127.0.0.1:${this.port}/2`;
  }

  /** Resolves when it accepts connections. */
  async start(): Promise<void> {
    const options = [
      '--port',
      `${this.port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      this.folder,
      '--save',
      '',
      '--requirepass',
      PASSWORD,
    ];
    this.process = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface(this.process.stdout!)) if (line.includes('Ready to accept')) return;
    throw new Error('redis-server ended before it was ready');
  }

  /** As by a power cut: no goodbye. */
  async kill(): Promise<void> {
    const ended = once(this.process!, 'exit');
    this.process!.kill('SIGKILL');
    await ended;
  }

  /** Stands still: connections stay open, and nothing answers. */
  freeze(): void {
    this.process!.kill('SIGSTOP');
  }

  thaw(): void {
    this.process!.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    if (this.process!.exitCode === null && this.process!.signalCode === null) await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const PASSWORD = 'canary-redis-password';

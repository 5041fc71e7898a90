import { EventEmitter, once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthSettings } from '../../src/auth/auth.settings.js';
import { PasswordSettings } from '../../src/auth/strategies/password.strategy.js';
import { TokenSettings } from '../../src/auth/strategies/token.strategy.js';
import { TailscaleAuthSettings, TailscaleSettings } from '../../src/auth/tailscale/tailscale.settings.js';
import { GatewaySettings } from '../../src/config/gateway.settings.js';
import { ConfigSnapshot } from '../../src/config/settings.js';

/** Somebody on the tailnet, as `whois` describes them. A tagged machine is nobody's. */
export interface Peer {
  readonly login: string;
  readonly tags?: readonly string[];
}

export const OWNER = { address: '100.64.0.7', login: 'owner@example.com' };
export const GUEST = { address: '100.64.0.8', login: 'guest@example.com' };
export const SERVER = { address: '100.64.0.9', login: 'tagged-devices', tags: ['tag:server'] };
export const IPV6_OWNER = { address: 'fd7a:115c:a1e0::7', login: 'owner@example.com' };
export const MAGIC_NAME = 'gateway.example.ts.net';

const EVERYBODY = [OWNER, GUEST, SERVER, IPV6_OWNER];

/** The answer of `whois` for a peer, in the shape of both the local API and the command. */
function whoisAnswer({ login, tags }: Peer): object {
  return {
    Node: { ID: 1, StableID: 'n1', Name: `laptop.${MAGIC_NAME}.`, ...(tags ? { Tags: tags } : {}) },
    UserProfile: { ID: 2, LoginName: login, DisplayName: 'Somebody', ProfilePicURL: 'https://example.com/p.png' },
    CapMap: null,
  };
}

/** What Tailscale Serve puts on a request: it replaces these headers, whatever the caller sent. */
export function serveHeaders(
  { address, login }: { address: string; login: string },
  host = MAGIC_NAME,
): Record<string, string> {
  return {
    host,
    'x-forwarded-for': address,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': host,
    'tailscale-user-login': login,
    'tailscale-user-name': 'Somebody',
    'tailscale-user-profile-pic': 'https://example.com/p.png',
    'tailscale-headers-info': 'https://tailscale.com/s/serve-headers',
  };
}

/** `silent` accepts and never answers; `denied` is a socket that we may open but not ask. */
export type Health = 'well' | 'silent' | 'garbage' | 'denied' | 'broken' | 'endless';

/** Stands in for tailscaled: its local API on a real Unix socket. */
export class FakeTailscaled {
  readonly peers = new Map<string, Peer>(EVERYBODY.map((peer) => [peer.address, peer]));
  /** Path and query of each request, in their order. */
  readonly questions: string[] = [];
  health: Health = 'well';
  private readonly asked = new EventEmitter();
  private readonly server: Server;

  private constructor(
    private readonly directory: string,
    readonly socket: string,
  ) {
    this.server = createServer((request, response) => this.answer(request, response));
  }

  static async start(): Promise<FakeTailscaled> {
    const directory = mkdtempSync(join(tmpdir(), 'tailscaled-'));
    const fake = new FakeTailscaled(directory, join(directory, 'tailscaled.sock'));
    fake.server.listen(fake.socket);
    await once(fake.server, 'listening');
    return fake;
  }

  /** Resolves when the next question has arrived. Call it before asking. */
  async nextQuestion(): Promise<void> {
    await once(this.asked, 'question');
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.server.close(resolve);
    });
    this.server.closeAllConnections();
    await closed;
    rmSync(this.directory, { recursive: true, force: true });
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.questions.push(request.url ?? '');
    this.asked.emit('question');
    const end = (status: number, body: string): void => void response.writeHead(status).end(body);

    if (request.headers.host !== 'local-tailscaled.sock') return end(403, 'invalid localapi request\n');
    if (this.health === 'silent') return;
    if (this.health === 'garbage') return end(200, '<html>');
    if (this.health === 'denied') return end(403, 'whois access denied\n');
    if (this.health === 'broken') return end(500, 'JSON encoding error\n');
    if (this.health === 'endless')
      return end(200, JSON.stringify({ ...whoisAnswer(OWNER), Padding: 'x'.repeat(2 << 20) }));

    const { pathname, searchParams } = new URL(request.url ?? '', 'http://local-tailscaled.sock');
    if (pathname === '/localapi/v0/status') {
      return end(200, JSON.stringify({ BackendState: 'Running', Self: { DNSName: `${MAGIC_NAME}.` } }));
    }
    if (pathname !== '/localapi/v0/whois') return end(404, 'not found\n');

    const address = addressOf(searchParams.get('addr') ?? '');
    if (address === undefined) return end(400, "invalid 'addr' parameter\n");
    const peer = this.peers.get(address);
    return peer ? end(200, JSON.stringify(whoisAnswer(peer))) : end(404, 'no match for IP:port\n');
  }
}

/** Older daemons take nothing but `ip:port` and `[ip]:port`. */
function addressOf(text: string): string | undefined {
  const [, six, four] = /^(?:\[([^\]]+)\]|([^:]+)):\d+$/.exec(text) ?? [];
  const address = six ?? four ?? '';
  return isIP(address) !== 0 && isIPv6(address) === (six !== undefined) ? address : undefined;
}

interface CommandState {
  peers: Record<string, object>;
  dnsName: string;
  /** As `tailscale serve status --json` prints it. */
  serve: object | null;
  /** What the program complains about, by the words that its arguments begin with. */
  fails: Record<string, string>;
  /** The words after which the program never ends. */
  hangs?: string;
}

/** Stands in for the `tailscale` program: a real executable that keeps its world in a file. */
export class FakeTailscale {
  readonly directory = mkdtempSync(join(tmpdir(), 'tailscale-'));
  readonly program = join(this.directory, 'tailscale');
  private readonly stateFile = join(this.directory, 'state.json');

  constructor() {
    const source = readFileSync(join(__dirname, 'tailscale-command.cjs'), 'utf8');
    writeFileSync(this.program, `#!${process.execPath}\n${source}`);
    chmodSync(this.program, 0o755);
    const peers = Object.fromEntries(EVERYBODY.map((peer) => [peer.address, whoisAnswer(peer)]));
    this.state = { peers, dnsName: MAGIC_NAME, serve: {}, fails: {} };
  }

  get state(): CommandState {
    return JSON.parse(readFileSync(this.stateFile, 'utf8')) as CommandState;
  }

  set state(next: CommandState) {
    writeFileSync(this.stateFile, JSON.stringify(next));
  }

  change(part: Partial<CommandState>): void {
    this.state = { ...this.state, ...part };
  }

  /** The arguments of each call, in their order. */
  get calls(): string[][] {
    const file = join(this.directory, 'calls.ndjson');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as string[]);
  }

  /** The calls that change something. */
  get changes(): string[][] {
    return this.calls.filter(([word, next]) => (word === 'serve' || word === 'funnel') && next !== 'status');
  }

  /** Resolves when a call hangs, as `state.hangs` asks for. */
  async hanging(): Promise<void> {
    const there = (): boolean => existsSync(join(this.directory, 'hanging'));
    const stop = new AbortController();
    const changes = watch(this.directory, { signal: stop.signal });
    if (there()) return stop.abort();
    for await (const _change of changes) if (there()) return;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The settings that concern Tailscale, flat. */
export interface TailscaleWorld {
  readonly gateway?: Partial<GatewaySettings>;
  readonly auth?: Partial<AuthSettings & TailscaleAuthSettings & TokenSettings & PasswordSettings>;
  readonly tailscale?: Partial<TailscaleSettings>;
}

/** A snapshot with these settings and no others. */
export function tailscaleConfig({ gateway, auth, tailscale }: TailscaleWorld = {}): ConfigSnapshot {
  const { allowTailscale, token, password, ...rest } = auth ?? {};
  return new ConfigSnapshot(
    1,
    new Map<new () => object, object>([
      [GatewaySettings, Object.assign(new GatewaySettings(), gateway)],
      [AuthSettings, Object.assign(new AuthSettings(), rest)],
      [TokenSettings, Object.assign(new TokenSettings(), { token })],
      [PasswordSettings, Object.assign(new PasswordSettings(), { password })],
      [TailscaleAuthSettings, Object.assign(new TailscaleAuthSettings(), { allowTailscale })],
      [TailscaleSettings, Object.assign(new TailscaleSettings(), tailscale)],
    ]),
  );
}

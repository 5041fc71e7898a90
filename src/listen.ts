import type { Server } from 'node:http';
import { createServer, type AddressInfo, type Server as NetServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type Bind, GatewaySettings } from './config/gateway.settings.js';
import type { ConfigSnapshot } from './config/settings.js';
import { AddressSet } from './kernel/net.js';

/** Where a gateway listens, and the way to stop. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Accepts nothing more, and resolves when the last connection has gone. */
  stop(): Promise<void>;
}

/** How often connections that have become idle are looked for while stopping. */
const IDLE_CHECK_MS = 50;

/** The range that Tailscale gives addresses from (RFC 6598). */
const TAILNET = new AddressSet(['100.64.0.0/10']);

/** Listens where the configuration says. Rejects with the system's error when it cannot: never on a wider address instead. */
export async function listen(server: Server, config: ConfigSnapshot): Promise<Listening> {
  const { bind, customBindHost, port } = config.get(GatewaySettings);
  const host = hostOf(bind, customBindHost);
  await started(server, port, host);
  const actual = (server.address() as AddressInfo).port;
  const sixth = host === '127.0.0.1' ? await alsoOnIpv6(server, actual) : undefined;

  return {
    url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${actual}`,
    port: actual,
    stop: async () => {
      sixth?.close();
      const looking = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
      await new Promise((resolve) => server.close(resolve));
      clearInterval(looking);
    },
  };
}

function hostOf(bind: Bind, customBindHost?: string): string {
  if (bind === 'lan') return '0.0.0.0';
  if (bind === 'custom') return customBindHost!;
  if (bind !== 'tailnet') return '127.0.0.1';

  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const own = addresses.find(({ family, address }) => family === 'IPv4' && TAILNET.has(address));
  if (!own)
    throw new Error(
      'gateway.bind is "tailnet", but this machine has no tailnet address: start Tailscale, or set gateway.bind to "loopback"',
    );
  return own.address;
}

/** `localhost` is ::1 to many programs. A second listener hands its connections to the one server, where the system has IPv6. */
async function alsoOnIpv6(server: Server, port: number): Promise<NetServer | undefined> {
  const sixth = createServer((socket) => server.emit('connection', socket));
  try {
    await started(sixth, port, '::1');
    return sixth;
  } catch {
    // No IPv6 here, or somebody else's port there: the IPv4 address is the one that was promised.
    return undefined;
  }
}

function started(server: NetServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

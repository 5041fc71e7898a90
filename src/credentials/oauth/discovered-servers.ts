import * as client from 'openid-client';
import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { isSafeEndpoint } from '../../kernel/safe-endpoint.js';
import type { HttpClient } from '../http.js';
import type { OAuthProvider } from './oauth-provider.js';
import { unavailableIn } from './unavailable-in.js';

const KEPT_MS = 3_600_000;

/** Where OpenID Connect Discovery and RFC 8414 put the document. */
const ALGORITHMS = ['oidc', 'oauth2'] as const;

/** What providers say of themselves, each looked up when it is first needed, and again after an hour. */
export class DiscoveredServers {
  private readonly known = new Map<
    string,
    { readonly until: number; readonly server: Promise<client.ServerMetadata> }
  >();

  constructor(
    private readonly http: HttpClient,
    private readonly clock: Clock,
  ) {}

  /** What is configured beats what is discovered. Rejects with Unavailable. */
  async of(provider: OAuthProvider): Promise<client.ServerMetadata> {
    const { issuer, authorizationEndpoint, tokenEndpoint, deviceAuthorizationEndpoint } = provider;
    const configured = {
      ...(authorizationEndpoint !== undefined && { authorization_endpoint: authorizationEndpoint }),
      ...(tokenEndpoint !== undefined && { token_endpoint: tokenEndpoint }),
      ...(deviceAuthorizationEndpoint !== undefined && { device_authorization_endpoint: deviceAuthorizationEndpoint }),
    };
    if (issuer === undefined) return { issuer: new URL(tokenEndpoint!).origin, ...configured };
    return { ...(await this.discovered(issuer)), ...configured };
  }

  private discovered(issuer: string): Promise<client.ServerMetadata> {
    const now = this.clock.now();
    const known = this.known.get(issuer);
    if (known && known.until > now) return known.server;
    const server = this.discover(issuer);
    this.known.set(issuer, { until: now + KEPT_MS, server });
    server.catch(() => this.known.delete(issuer));
    return server;
  }

  private async discover(issuer: string): Promise<client.ServerMetadata> {
    for (const algorithm of ALGORITHMS) {
      const found = await this.look(issuer, algorithm);
      if (found) return found;
    }
    throw new Unavailable(`${new URL(issuer).host} has no discovery document of this issuer`);
  }

  private async look(
    issuer: string,
    algorithm: (typeof ALGORITHMS)[number],
  ): Promise<client.ServerMetadata | undefined> {
    try {
      const found = await client.discovery(new URL(issuer), 'doorward', undefined, client.None(), {
        algorithm,
        execute: [client.allowInsecureRequests],
        [client.customFetch]: async (address) => {
          const { status, body } = await this.http.ask(address, { headers: { accept: 'application/json' } });
          return new Response(body, { status, headers: { 'content-type': 'application/json' } });
        },
      });
      const server = found.serverMetadata();
      const addresses = [server.authorization_endpoint, server.token_endpoint, server.device_authorization_endpoint];
      if (addresses.every((address) => address === undefined || isSafeEndpoint(address))) return { ...server };
      throw new Unavailable(`${new URL(issuer).host} names an endpoint that is neither https nor on this machine`);
    } catch (error) {
      const unavailable = unavailableIn(error);
      if (unavailable) throw unavailable;
      return undefined; // not there, or not this issuer's
    }
  }
}

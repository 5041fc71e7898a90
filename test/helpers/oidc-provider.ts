import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { AccountClaims, Configuration, default as Provider } from 'oidc-provider';

/** Somebody who has an account at the provider; `sub` is who it is. */
export interface ProviderAccount {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  /** Any other claim. */
  readonly [claim: string]: unknown;
}

export interface ProviderOptions {
  /** Where browsers are sent back to. More can be added with `register`. */
  readonly redirectUris?: readonly string[];
  /** The port, for a provider that comes back after it was gone. Default: a free one. */
  readonly port?: number;
  /** Its signing keys. Default: a new RS256 pair. */
  readonly keys?: readonly JWK[];
  readonly algorithm?: 'RS256' | 'ES256' | 'EdDSA';
  /** `aud` of its access tokens. */
  readonly audience?: string;
  /** Whether access tokens say `nbf`; oidc-provider writes none by itself. */
  readonly withNotBefore?: boolean;
  /** More of oidc-provider's configuration. */
  readonly configuration?: Configuration;
}

export const CLIENT_ID = 'doorward';
export const CLIENT_SECRET = 'f2f6e6a34b0c4c0f9c9d1a4b7e55d2a1';

/** A private signing key with its id, as oidc-provider takes it. */
export async function newSigningKey(algorithm: 'RS256' | 'ES256' | 'EdDSA', kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: algorithm, use: 'sig' };
}

/**
 * A real OpenID provider (`oidc-provider`) on a free port of this machine. Nobody types anything there: whoever comes is
 * signed in as `account`, or turned away when that is undefined. Close it when the test is over.
 */
export class TestProvider {
  /** Who sits at the browser; undefined: somebody who presses "cancel". */
  account: ProviderAccount | undefined;
  /** What it was asked, path by path. */
  readonly requests: string[] = [];
  /** Answers in place of the provider, where a test wants it broken: return true when answered. */
  intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;

  private constructor(
    readonly issuer: string,
    readonly keys: readonly JWK[],
    private readonly provider: Provider,
    private readonly server: Server,
    private readonly redirectUris: Set<string>,
  ) {}

  static async start(options: ProviderOptions = {}): Promise<TestProvider> {
    const { algorithm = 'RS256' } = options;
    const keys = options.keys ?? [await newSigningKey(algorithm, `key-${Date.now()}`)];
    const server = createServer();
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const accounts = new Map<string, ProviderAccount>();
    const client = {
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      redirect_uris: ['https://nowhere.example/callback'],
      grant_types: ['authorization_code', 'client_credentials'],
      id_token_signed_response_alg: algorithm,
    };
    const provider = await quietly(async () => {
      const { default: Real } = await import('oidc-provider');
      return new Real(issuer, configurationOf(options, keys, client, accounts));
    });
    const redirectUris = new Set(options.redirectUris);
    provider.Client.prototype.redirectUriAllowed = (uri: string) => redirectUris.has(uri);
    const self = new TestProvider(issuer, keys, provider, server, redirectUris);
    const answer = provider.callback();
    server.on('request', (request, response) => {
      self.requests.push(request.url!.split('?')[0]!);
      if (self.intercept?.(request, response)) return;
      if (request.url!.startsWith('/interaction/')) void self.interact(request, response, accounts);
      else void answer(request, response);
    });
    return self;
  }

  /** How the gateway is configured for it: an entry of `accounts.oidc`. */
  get settings(): Record<string, unknown> {
    return { issuer: this.issuer, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
  }

  /** Lets the gateway of this address send browsers here, under the name that its configuration has for this provider. */
  register(gateway: { readonly url: string }, name: string): void {
    this.redirectUris.add(`${new URL(gateway.url).origin}/auth/oidc/${name}/callback`);
  }

  get port(): number {
    return Number(new URL(this.issuer).port);
  }

  /** An access token of the provider, as a service gets one for itself: a JWT of RFC 9068 whose `sub` is the client. */
  async accessToken(): Promise<string> {
    const response = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: 'urn:doorward' }),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    return token;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** What people would do on the pages of the provider: sign in, and agree. */
  private async interact(
    request: IncomingMessage,
    response: ServerResponse,
    accounts: Map<string, ProviderAccount>,
  ): Promise<void> {
    const { prompt, session, params, grantId } = await this.provider.interactionDetails(request, response);
    const { account } = this;
    if (!account) {
      const declined = { error: 'access_denied', error_description: 'the person pressed cancel' };
      return this.provider.interactionFinished(request, response, declined, { mergeWithLastSubmission: false });
    }
    accounts.set(account.sub, account);
    if (prompt.name === 'login') {
      const login = { login: { accountId: account.sub, remember: false } };
      return this.provider.interactionFinished(request, response, login, { mergeWithLastSubmission: false });
    }
    const grant =
      (grantId === undefined ? undefined : await this.provider.Grant.find(grantId)) ??
      new this.provider.Grant({ accountId: session!.accountId, clientId: params['client_id'] as string });
    grant.addOIDCScope(String(params['scope']));
    const consent = { consent: { grantId: await grant.save() } };
    return this.provider.interactionFinished(request, response, consent, { mergeWithLastSubmission: true });
  }
}

/** It warns of what is meant so: rows in memory, an older Node. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const silence = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  try {
    return await work();
  } finally {
    silence.mockRestore();
  }
}

function configurationOf(
  { audience = 'doorward', withNotBefore = true, configuration, algorithm = 'RS256' }: ProviderOptions,
  keys: readonly JWK[],
  client: object,
  accounts: ReadonlyMap<string, ProviderAccount>,
): Configuration {
  return {
    clients: [client as never],
    jwks: { keys: keys as never[] },
    cookies: { keys: ['for tests alone'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, sub) => {
      const account = accounts.get(sub);
      return account && { accountId: sub, claims: () => account as unknown as AccountClaims };
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: '',
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: algorithm } },
        }),
        defaultResource: () => undefined as never,
        useGrantedResource: () => false,
      },
    },
    formats: {
      customizers: {
        jwt: (_context, _token, parts) => {
          if (withNotBefore) parts.payload['nbf'] = parts.payload['iat'];
          return parts as never;
        },
      },
    },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
    ttl: {
      Interaction: 600,
      Session: 600,
      Grant: 600,
      AccessToken: 300,
      ClientCredentials: 300,
      IdToken: 300,
      AuthorizationCode: 60,
    },
    ...configuration,
  };
}

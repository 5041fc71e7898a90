import * as client from 'openid-client';
import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import type { HttpClient } from '../http.js';
import { DiscoveredServers } from './discovered-servers.js';
import type { OAuthProvider } from './oauth-provider.js';
import { OAuthRefused, properCode } from './oauth-refused.js';
import { type OAuthTokens, oauthTokens } from './oauth-tokens.js';
import { tokenAnswer } from './token-answer.js';
import { unavailableIn } from './unavailable-in.js';

/** What a sign-in in the browser is made of. The verifier and the state stay here; only its digest is in the address. */
export interface BrowserFlow {
  readonly url: URL;
  readonly state: string;
  readonly verifier: string;
}

/** What came back with the browser, or was pasted. */
export interface BrowserAnswer {
  readonly code: string;
  readonly state: string;
  readonly iss?: string;
}

/** What a person is shown to sign in on another device (RFC 8628). Times in milliseconds. */
export interface DeviceFlow {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly page: string;
  readonly completePage?: string;
  readonly expiresInMs: number;
  readonly intervalMs: number;
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** Speaks with token endpoints: as RFC 6749, 7636 and 8628 say, and never to where an answer redirects (S177). */
export class OAuthClient {
  private readonly servers: DiscoveredServers;

  constructor(
    private readonly http: HttpClient,
    private readonly clock: Clock,
  ) {
    this.servers = new DiscoveredServers(http, clock);
  }

  /** A new sign-in: PKCE with S256, and a state that nothing of it can be told from (S167). Rejects with Unavailable. */
  async begin(provider: OAuthProvider): Promise<BrowserFlow> {
    const configuration = await this.configuration(provider);
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const url = client.buildAuthorizationUrl(configuration, {
      ...provider.parameters,
      redirect_uri: provider.redirectUri,
      ...(provider.scopes.length > 0 && { scope: provider.scopes.join(' ') }),
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return { url, state, verifier };
  }

  /** Rejects with OAuthRefused when the provider says no or an answer fails a check, with Unavailable when it says nothing. */
  async exchange(provider: OAuthProvider, flow: BrowserFlow, answer: BrowserAnswer): Promise<OAuthTokens> {
    const configuration = await this.configuration(provider);
    const back = new URL(provider.redirectUri);
    back.searchParams.set('code', answer.code);
    back.searchParams.set('state', answer.state);
    // Without an issuer of its own there is nothing to compare it with (RFC 9207).
    if (answer.iss !== undefined && provider.issuer !== undefined) back.searchParams.set('iss', answer.iss);
    const checks = { pkceCodeVerifier: flow.verifier, expectedState: flow.state };
    return this.tokens(provider, () => client.authorizationCodeGrant(configuration, back, checks));
  }

  /** As `exchange`. `clientId` is that of the login: a refresh token belongs to the client that got it. */
  async refresh(provider: OAuthProvider, refreshToken: string, clientId = provider.clientId): Promise<OAuthTokens> {
    const configuration = await this.configuration({ ...provider, clientId }, 'refresh');
    return this.tokens(provider, () => client.refreshTokenGrant(configuration, refreshToken));
  }

  async beginDevice(provider: OAuthProvider): Promise<DeviceFlow> {
    const configuration = await this.configuration(provider);
    const scope = provider.scopes.join(' ');
    const begun = await asked(() => client.initiateDeviceAuthorization(configuration, scope === '' ? {} : { scope }));
    const { verification_uri: page, verification_uri_complete: completePage } = begun;
    return {
      deviceCode: begun.device_code,
      userCode: begun.user_code,
      page,
      ...(completePage !== undefined && { completePage }),
      expiresInMs: begun.expires_in * 1000,
      intervalMs: (begun.interval ?? 5) * 1000,
    };
  }

  /** Asks once whether somebody has said yes. Rejects with OAuthRefused('authorization_pending' | 'slow_down' | …). */
  async pollDevice(provider: OAuthProvider, { deviceCode }: DeviceFlow): Promise<OAuthTokens> {
    const configuration = await this.configuration(provider);
    const grant = { device_code: deviceCode };
    return this.tokens(provider, () => client.genericGrantRequest(configuration, DEVICE_GRANT, grant));
  }

  private async tokens(
    provider: OAuthProvider,
    ask: () => Promise<client.TokenEndpointResponse>,
  ): Promise<OAuthTokens> {
    return oauthTokens(provider, await asked(ask), this.clock.now());
  }

  /** Made anew each time: it holds the client's secret, and costs nothing. */
  private async configuration(provider: OAuthProvider, purpose?: 'refresh'): Promise<client.Configuration> {
    const server = await this.servers.of(provider);
    const off = { [client.clockSkew]: Math.round((this.clock.now() - Date.now()) / 1000), [client.clockTolerance]: 60 };
    const configuration = new client.Configuration(server, provider.clientId, off, authenticationOf(provider));
    // Its claims are checked where somebody signs in. At a refresh a check that fails would lose the new refresh token,
    // and a provider without an issuer has nothing to check them by.
    const checksIdToken = purpose !== 'refresh' && provider.issuer !== undefined;
    configuration[client.customFetch] = async (address, { method, headers, body }) => {
      const question = {
        method: method as 'GET' | 'POST',
        headers,
        body: body === undefined ? undefined : String(body),
      };
      const answer = await this.http.ask(address, question);
      if (address !== server.token_endpoint) return response(answer.status, answer.body);
      const { status, tree } = tokenAnswer(answer, new URL(address).host);
      const { id_token: idToken, ...rest } = tree;
      const kept = idToken === undefined ? {} : checksIdToken ? { id_token: idToken } : { unchecked_id_token: idToken };
      return response(status, JSON.stringify({ ...rest, ...kept }));
    };
    client.allowInsecureRequests(configuration); // which addresses are safe was decided before (kernel/safe-endpoint.ts)
    return configuration;
  }
}

function response(status: number, body: string): Response {
  return new Response(body, { status, headers: { 'content-type': 'application/json' } });
}

function authenticationOf({ clientSecret, clientAuthentication }: OAuthProvider): client.ClientAuth {
  if (clientSecret === undefined || clientAuthentication === 'none') return client.None();
  const way = clientAuthentication === 'post' ? client.ClientSecretPost : client.ClientSecretBasic;
  return way(clientSecret);
}

/** The library's errors hold the answer, tokens and all: none of them goes any further. */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const unavailable = unavailableIn(error);
    if (unavailable) throw unavailable;
    if (error instanceof client.ResponseBodyError) throw new OAuthRefused(properCode(error.error));
    const code = error instanceof client.ClientError ? (error.code ?? 'no_code') : 'fault';
    throw new Unavailable(`the provider's answer fails a check (${properCode(code)})`);
  }
}

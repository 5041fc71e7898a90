import { Inject, Injectable } from '@nestjs/common';
import * as client from 'openid-client';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Refused, Unavailable } from '../../kernel/errors.js';
import { ALGORITHMS } from '../external/algorithms.js';
import { IssuerKeys } from '../external/issuer-keys.js';
import { IssuerMetadata } from '../external/issuer-metadata.js';
import type { Claims } from '../external/jwt-claims.js';
import { Outbound } from '../external/outbound.js';
import { type Vouched, vouchedBy } from '../external/vouched.js';
import type { FlowSecrets } from './flow-secrets.js';
import type { OidcProvider } from './oidc.settings.js';

/** Seconds by which a provider's clock may be off. */
const TOLERANCE_S = 60;

/** Talks to providers: code flow with PKCE, and nothing else. A provider is looked up when it is first needed. */
@Injectable()
export class OidcClient {
  constructor(
    private readonly metadata: IssuerMetadata,
    private readonly keys: IssuerKeys,
    private readonly outbound: Outbound,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Where the browser is sent. Rejects with Unavailable. */
  async authorizationUrl(
    provider: OidcProvider,
    redirectUri: string,
    state: string,
    { nonce, challenge }: FlowSecrets,
  ): Promise<URL> {
    return client.buildAuthorizationUrl(await this.configuration(provider), {
      redirect_uri: redirectUri,
      scope: [...new Set(['openid', ...provider.scopes])].join(' '),
      state,
      nonce,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    });
  }

  /**
   * Who came back: `answer` is the redirect address with the provider's parameters. Rejects with Refused:
   * 'provider_declined' when the provider said no, 'provider_mismatch' for an answer that fails a check (state, iss, nonce,
   * signature, times); with Unavailable.
   */
  async identify(
    provider: OidcProvider,
    answer: URL,
    state: string,
    { nonce, verifier }: FlowSecrets,
  ): Promise<Vouched> {
    const configuration = await this.configuration(provider);
    try {
      const tokens = await client.authorizationCodeGrant(configuration, answer, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims()!;
      await this.checkSignature(tokens.id_token!, provider);
      return vouchedBy(provider.issuer, await this.complete(claims, tokens.access_token, configuration));
    } catch (error) {
      throw verdict(error);
    }
  }

  /** Made anew each time: it holds the secret and the time, and costs nothing. */
  private async configuration(provider: OidcProvider): Promise<client.Configuration> {
    const metadata = await this.metadata.of(provider.issuer);
    const times = {
      [client.clockSkew]: Math.round((this.clock.now() - Date.now()) / 1000),
      [client.clockTolerance]: TOLERANCE_S,
    };
    const configuration = new client.Configuration(
      structuredClone(metadata) as client.ServerMetadata,
      provider.clientId,
      times,
      authenticationOf(provider),
    );
    configuration[client.customFetch] = (address, options) => this.outbound.fetch(address, options as RequestInit);
    // Outbound decides which addresses are safe.
    client.allowInsecureRequests(configuration);
    return configuration;
  }

  /** That it came from the token endpoint over TLS would do (Core section 3.1.3.7); its signature is checked all the same. */
  private async checkSignature(idToken: string, { issuer }: OidcProvider): Promise<void> {
    const checked = await this.keys.verify(idToken, { issuer }, ALGORITHMS);
    if (!checked) throw new Refused('provider_mismatch', { reason: 'none of its keys signed the ID token' });
  }

  /** Providers may tell the address at their userinfo endpoint alone (Core section 5.4). */
  private async complete(claims: Claims, accessToken: string, configuration: client.Configuration): Promise<Claims> {
    if (claims['email'] !== undefined || !configuration.serverMetadata().userinfo_endpoint) return claims;
    const more = await client.fetchUserInfo(configuration, accessToken, claims['sub'] as string);
    return { ...more, ...claims };
  }
}

function authenticationOf(provider: OidcProvider): client.ClientAuth {
  const { clientSecret, clientAuthentication = clientSecret === undefined ? 'none' : 'basic' } = provider;
  if (clientSecret === undefined || clientAuthentication === 'none') return client.None();
  return clientAuthentication === 'post'
    ? client.ClientSecretPost(clientSecret)
    : client.ClientSecretBasic(clientSecret);
}

/** What is the provider's "no", what fails a check, and what is merely out of order. The reason names no value. */
function verdict(error: unknown): Error {
  if (error instanceof Refused) return error;
  const broken = causeOf(error, Unavailable);
  if (broken) return broken;
  if (error instanceof client.AuthorizationResponseError) {
    const { error: code } = error;
    if (code === 'server_error' || code === 'temporarily_unavailable') return new Unavailable(`it answers ${code}`);
    return new Refused('provider_declined', { reason: named(code) });
  }
  if (error instanceof client.ResponseBodyError)
    return new Refused('provider_mismatch', { reason: named(error.error) });
  if (error instanceof client.WWWAuthenticateChallengeError) {
    return new Refused('provider_mismatch', {
      reason: 'it does not take our clientId, secret or clientAuthentication',
    });
  }
  if (error instanceof client.ClientError) {
    return new Refused('provider_mismatch', { reason: error.code ?? error.message });
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** The provider's word, if it is one of those that RFC 6749 allows there. */
const named = (code: string): string => (/^[\w-]{1,64}$/.test(code) ? code : 'an error without a proper name');

function causeOf<T extends Error>(error: unknown, type: new () => T): T | undefined {
  for (let here = error; here instanceof Error; here = here.cause) if (here instanceof type) return here;
  return undefined;
}

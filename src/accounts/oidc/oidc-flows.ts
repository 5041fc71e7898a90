import { Injectable } from '@nestjs/common';
import { ConfigService } from '../../config/config.service.js';
import { Refused, Unavailable } from '../../kernel/errors.js';
import type { Vouched } from '../external/vouched.js';
import { flowSecrets, isBrowserSecret, newBrowserSecret, newState } from './flow-secrets.js';
import { OidcClient } from './oidc-client.js';
import { type OidcProvider, providerOf } from './oidc.settings.js';
import { OidcSignInRows, type Underway } from './oidc-sign-in-rows.js';

/** A browser that is about to be sent to a provider. */
export interface Departure extends Omit<Underway, 'provider'> {
  /** What its cookie holds already, if it has one. */
  readonly browser?: string;
  /** As in `Evidence.source`. */
  readonly source: string;
}

/** A browser that has come back. */
export interface Return {
  /** What its cookie holds. */
  readonly browser?: string;
  /** The query that the provider sent it with, `?` included. */
  readonly query: string;
}

/** Who came back, from where, and for what. */
export interface Returned {
  readonly who: Vouched;
  readonly provider: OidcProvider;
  readonly flow: Underway;
}

/** The way to a provider and back: each is one browser's, good once, for ten minutes (ASVS 10.1.2, 10.2.1). */
@Injectable()
export class OidcFlows {
  constructor(
    private readonly client: OidcClient,
    private readonly rows: OidcSignInRows,
    private readonly config: ConfigService,
  ) {}

  /**
   * Where to send the browser, and what its cookie must hold: sign-ins that are begun side by side share it. Rejects with
   * Refused: 'not_found' for a provider that is not configured, 'too_many_requests', 'unavailable' with its name.
   */
  async depart(name: string, { browser, source, ...flow }: Departure): Promise<{ url: URL; browser: string }> {
    const provider = this.provider(name);
    const secret = browser !== undefined && isBrowserSecret(browser) ? browser : newBrowserSecret();
    const state = newState();
    const secrets = flowSecrets(secret, state);
    const url = await asking(name, this.client.authorizationUrl(provider, flow.redirectUri, state, secrets));
    await this.rows.begin(state, secret, source, { ...flow, provider: name });
    return { url, browser: secret };
  }

  /** Rejects with Refused: as `depart`; as OidcSignInRows.take; as OidcClient.identify. */
  async arrive(name: string, { browser = '', query }: Return): Promise<Returned> {
    const provider = this.provider(name);
    const state = new URLSearchParams(query).getAll('state');
    if (state.length !== 1 || !isBrowserSecret(browser)) throw new Refused('sign_in_expired');
    const flow = await this.rows.take(state[0]!, browser, name);
    const answer = new URL(flow.redirectUri + query);
    const who = await asking(name, this.client.identify(provider, answer, state[0]!, flowSecrets(browser, state[0]!)));
    return { who, provider, flow };
  }

  private provider(name: string): OidcProvider {
    const provider = providerOf(this.config.current, name);
    if (!provider) throw new Refused('not_found', { message: 'no such sign-in provider' });
    return provider;
  }
}

/** Says which provider it is that does not work. */
async function asking<T>(name: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new Refused('unavailable', {
      message: `the sign-in provider "${name}" does not answer`,
      reason: error.message,
      retryAfterMs: 5_000,
    });
  }
}

import type { Provider } from 'oidc-provider';
import { CLIENT_ID, type ProviderOptions, TestProvider } from '../helpers/oidc-provider.js';
import { WebBrowser } from '../helpers/web-browser.js';

/** What a grant came to: its type, and the error where it came to none. */
export interface Grant {
  readonly type: string;
  readonly error?: string;
}

export const ALICE = { sub: 'alice', email: 'alice@example.com', email_verified: true };

/**
 * A model provider at which one signs in: a real authorization server for a public client, whose refresh tokens are good
 * once, and whose logins end when one is used twice. `grants` is what its token endpoint was asked, in order.
 */
export class LoginProvider {
  readonly grants: Grant[] = [];
  private readonly listeners = new Set<(grant: Grant) => void>();

  private constructor(readonly server: TestProvider) {
    const provider = server['provider'] as unknown as Provider;
    const note = (grant: Grant): void => {
      this.grants.push(grant);
      for (const listener of this.listeners) listener(grant);
    };
    provider.on('grant.success', ({ oidc }) => note({ type: String(oidc.params?.['grant_type']) }));
    provider.on('grant.error', ({ oidc }, error) => {
      note({ type: String(oidc.params?.['grant_type']), error: `${error.error}: ${error.error_detail ?? ''}` });
    });
  }

  static async start(redirectUri: string, options: ProviderOptions = {}): Promise<LoginProvider> {
    const server = await TestProvider.start({
      redirectUris: [redirectUri],
      ...options,
      configuration: {
        clients: [
          {
            client_id: CLIENT_ID,
            token_endpoint_auth_method: 'none',
            redirect_uris: ['https://nowhere.example/callback'],
            grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
          },
        ],
        rotateRefreshToken: true,
        issueRefreshToken: () => true,
        conformIdTokenClaims: false,
        features: { devInteractions: { enabled: false }, deviceFlow: { enabled: true } },
        ttl: {
          Interaction: 600,
          Session: 600,
          Grant: 6000,
          AccessToken: 3600,
          IdToken: 300,
          AuthorizationCode: 60,
          RefreshToken: 86_400,
        },
        ...options.configuration,
      },
    });
    server.account = ALICE;
    return new LoginProvider(server);
  }

  /** `auth.providers.<id>` for it. */
  get settings(): { issuer: string; clientId: string; scopes: string[] } {
    return { issuer: this.server.issuer, clientId: CLIENT_ID, scopes: ['openid', 'email', 'offline_access'] };
  }

  get refreshes(): Grant[] {
    return this.grants.filter(({ type }) => type === 'refresh_token');
  }

  /** Calls `listener` at each grant before it is answered. */
  onGrant(listener: (grant: Grant) => void): void {
    this.listeners.add(listener);
  }

  /** Signs in as a person would, up to the address that the browser is sent back to. */
  static async signIn(page: string, redirectUri: string): Promise<URL> {
    const { url } = await new WebBrowser().visit(page, (next) => next.href.startsWith(`${redirectUri}?`));
    return url;
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

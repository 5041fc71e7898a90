import { Failure } from './failure.js';
import { request } from './request.js';
import { asPerson, enter, type SignedIn } from './session.js';

/** A way to sign in elsewhere. */
export interface Provider {
  readonly id: string;
  readonly name: string;
}

/** What a token may do. */
export type Scope = 'operator.read' | 'operator.write' | 'operator.approvals' | 'operator.pairing' | 'operator.admin';

/** A gateway token of mine. Its value is known to nobody any more. */
export interface GatewayToken {
  readonly id: string;
  readonly label: string | null;
  readonly scopes: readonly Scope[];
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
  readonly lastUsedAt: string | null;
}

export interface NewGatewayToken {
  readonly gatewayToken: string;
  readonly expiresAt: string;
}

/** A sign-in of mine. */
export interface Session {
  readonly id: string;
  readonly method: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  readonly expiresAt: string;
  /** Whether it is that of this browser. */
  readonly current: boolean;
}

/** A client that waits for somebody to let it in. */
export interface WaitingClient {
  /** What it calls itself. */
  readonly clientId: string;
  /** null: all that I may do. */
  readonly scopes: readonly Scope[] | null;
  /** Whether it asks for more than one token: to go on being signed in as me. */
  readonly staysSignedIn: boolean;
  readonly address: string;
  readonly userAgent: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string | null;
}

/** Keeps the refresh token where no script can read it. */
const AS_COOKIE = { session: 'cookie' } as const;

export const signIn = async (email: string, password: string): Promise<void> =>
  enter(await request<SignedIn>('POST', '/auth/login', { email, password, ...AS_COOKIE }));

export interface NewAccount {
  readonly email: string;
  readonly password: string;
  readonly displayName?: string;
  readonly setupCode?: string;
  readonly invitation?: string;
}

export const signUp = (account: NewAccount): Promise<Partial<SignedIn>> =>
  request('POST', '/auth/register', { ...account, ...AS_COOKIE });

/** Whether and how somebody may sign up. */
export interface Registration {
  readonly mode: 'first-user' | 'open' | 'closed';
  /** Nobody has: the first one becomes owner of the house. */
  readonly awaitsFirstUser: boolean;
}

export const registration = (): Promise<Registration> => request('GET', '/auth/registration');

export const resendVerification = (email: string): Promise<void> =>
  request('POST', '/auth/resend-verification', { email });

export const verifyEmail = (code: string): Promise<void> => request('POST', '/auth/verify-email', { code });

export const requestReset = (email: string): Promise<void> =>
  request('POST', '/auth/reset-password/request', { email });

export const confirmReset = (code: string, password: string): Promise<void> =>
  request('POST', '/auth/reset-password/confirm', { code, password });

export const providers = async (): Promise<readonly Provider[]> =>
  (await request<{ providers: readonly Provider[] }>('GET', '/auth/oidc')).providers;

/** Where a sign-in elsewhere begins: a link like any other. `returnTo` is the path of the page to come back to. */
export const startAt = (provider: Provider, returnTo: string): string =>
  `/auth/oidc/${encodeURIComponent(provider.id)}/start?return_to=${encodeURIComponent(returnTo)}`;

/** The newest first; `cursor` is where an earlier page ended. */
export const gatewayTokens = (cursor?: string): Promise<Page<GatewayToken>> =>
  asPerson(
    'GET',
    `/auth/gateway-tokens?limit=50${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
  );

/** How long it lasts is not asked: an hour, or until the sign-in ends. */
export interface TokenWish {
  readonly label?: string;
  readonly scopes?: readonly Scope[];
}

export const createGatewayToken = (wish: TokenWish): Promise<NewGatewayToken> =>
  asPerson('POST', '/auth/gateway-token', wish);

export const revokeGatewayToken = (id: string): Promise<void> => asPerson('DELETE', `/auth/gateway-tokens/${id}`);

export const sessions = async (): Promise<readonly Session[]> =>
  (await asPerson<Page<Session>>('GET', '/auth/sessions')).items;

export const endSession = (id: string): Promise<void> => asPerson('DELETE', `/auth/sessions/${id}`);

/** What of them has ended meanwhile is no failure. */
export const endSessions = async (ended: readonly Session[]): Promise<void> => {
  for (const { id } of ended) {
    await endSession(id).catch((error: unknown) => {
      if (!(error instanceof Failure && error.code === 'not_found')) throw error;
    });
  }
};

/** Ends every other sign-in of mine as well. */
export const changePassword = (currentPassword: string, newPassword: string): Promise<void> =>
  asPerson('POST', '/auth/change-password', { currentPassword, newPassword });

export const waitingClient = (userCode: string): Promise<WaitingClient> =>
  asPerson('GET', `/auth/device?user_code=${encodeURIComponent(userCode)}`);

export const decide = (userCode: string, decision: 'approve' | 'deny'): Promise<void> =>
  asPerson('POST', '/auth/device', { userCode, decision });

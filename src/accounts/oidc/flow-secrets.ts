import { createHmac, hash, randomBytes } from 'node:crypto';

const BROWSER_SECRET = /^[A-Za-z0-9_-]{43}$/;

/** What binds a sign-in to one browser: 32 random bytes in its cookie. */
export const newBrowserSecret = (): string => randomBytes(32).toString('base64url');

export const isBrowserSecret = (value: string): boolean => BROWSER_SECRET.test(value);

/** What the provider gives back (RFC 6749 section 4.1.1): 32 random bytes. */
export const newState = (): string => randomBytes(32).toString('base64url');

/** What goes with one sign-in and must not be known to anybody who sees its addresses or our rows. */
export interface FlowSecrets {
  /** In the ID token (OpenID Connect Core 1.0 section 3.1.2.1). */
  readonly nonce: string;
  /** RFC 7636: 43 characters. */
  readonly verifier: string;
  /** Its S256. */
  readonly challenge: string;
}

/** Derived from the browser's secret and the state, so that neither row nor cookie holds them, and each sign-in has its own. */
export function flowSecrets(browser: string, state: string): FlowSecrets {
  const derive = (purpose: string): string =>
    createHmac('sha256', browser).update(`${purpose}:${state}`).digest('base64url');
  const verifier = derive('pkce');
  return { nonce: derive('nonce'), verifier, challenge: hash('sha256', verifier, 'base64url') };
}

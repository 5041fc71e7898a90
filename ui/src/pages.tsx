import type { JSX } from 'preact';
import { DevicePage } from './pages/device.js';
import { ResetPasswordPage } from './pages/reset-password.js';
import { SessionsPage } from './pages/sessions.js';
import { SignInPage } from './pages/sign-in.js';
import { SignUpPage } from './pages/sign-up.js';
import { TokensPage } from './pages/tokens.js';
import { VerifyEmailPage } from './pages/verify-email.js';

interface Entry {
  /** The last part of its path. `src/http/console-address.ts` has the same names, for the server; a test compares them. */
  readonly name: string;
  /** For whom it is. Others are led to where they belong. */
  readonly who: 'anyone' | 'stranger' | 'person';
  readonly Page: () => JSX.Element | null;
}

// prettier-ignore
export const PAGES: readonly Entry[] = [
  { name: 'sign-in',        who: 'stranger', Page: SignInPage },
  { name: 'sign-up',        who: 'stranger', Page: SignUpPage },
  { name: 'verify-email',   who: 'anyone',   Page: VerifyEmailPage },
  { name: 'reset-password', who: 'anyone',   Page: ResetPasswordPage },
  { name: 'tokens',         who: 'person',   Page: TokensPage },
  { name: 'sessions',       who: 'person',   Page: SessionsPage },
  { name: 'device',         who: 'person',   Page: DevicePage },
];

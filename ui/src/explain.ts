import type { Failure } from './failure.js';

type Explanation = readonly [what: string, next?: string];

/** What a code means to a person at this console, and what to do. The code itself is shown beside. */
// prettier-ignore
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  network:                   ['The gateway does not answer.', 'Check that it runs and that you are online, then try again.'],
  password_mismatch:         ['The e-mail address or the password is wrong.', 'Try again, or have your password reset.'],
  password_missing:          ['The password is missing.'],
  token_expired:             ['Your sign-in has ended.', 'Sign in again.'],
  token_revoked:             ['Your sign-in was ended.', 'Sign in again. If that was not you, change your password.'],
  token_mismatch:            ['Your sign-in is not known here.', 'Sign in again.'],
  token_missing:             ['You are not signed in.', 'Sign in first.'],
  user_suspended:            ['This account is suspended.', 'Ask an administrator of your organisation.'],
  email_unverified:          ['Your e-mail address is not confirmed yet.', 'Follow the link in the mail that we sent you.'],
  code_invalid:              ['This code is not valid: it is wrong, used, or too old.', 'Ask for another one.'],
  sign_in_expired:           ['The sign-in took too long, or was finished already.', 'Begin again.'],
  provider_declined:         ['The sign-in was declined there.', 'Try again, or sign in another way.'],
  provider_mismatch:         ['The answer of the provider does not belong to a sign-in that you began here.', 'Begin again.'],
  identity_not_allowed:      ['Whoever you are there has no account here.', 'Ask an administrator for an invitation.'],
  identity_not_linked:       ['There is an account with your e-mail address already.', 'Sign in to it with your password.'],
  identity_email_unverified: ['The provider does not say that your e-mail address is verified.', 'Verify it there, then try again.'],
  identity_taken:            ['This identity belongs to another account.', 'Sign out there, and choose another one.'],
  missing_scope:             ['You may not do this.', 'Ask an administrator of your organisation.'],
  origin_not_allowed:        ['The gateway does not know the address of this page as its own.', 'Open the console at the address that the gateway prints, or set gateway.publicUrl.'],
  conflict:                  ['This cannot be done any more: something has changed meanwhile.', 'Look again.'],
  not_found:                 ['This does not exist, or not any more.'],
  auth_unavailable:          ['Your sign-in could not be checked just now.', 'Try again in a moment.'],
  unavailable:               ['The gateway cannot do this just now.', 'Try again in a moment.'],
  internal_error:            ['Something went wrong in the gateway.', 'Try again; if it stays so, tell the operator the request id.'],
};

/** The gateway's own sentence says it best, for these: it names what was wrong with this very request. */
const SPEAK_FOR_THEMSELVES = new Set(['invalid_request', 'registration_closed', 'conflict', 'not_found']);

/** Two sentences about a failure: what it is, what to do. `own` are those of the page that knows better. */
export function explain(failure: Failure, own?: Readonly<Record<string, Explanation>>): Explanation {
  const { code, message, retryAfter } = failure;
  const known = own && Object.hasOwn(own, code) ? own[code] : undefined;
  if (known) return known;
  if (code === 'rate_limited' || code === 'too_many_requests') return ['Too many attempts.', waitFor(retryAfter)];
  if (SPEAK_FOR_THEMSELVES.has(code) && message !== '') return [sentence(message)];
  return EXPLANATIONS[code] ?? [sentence(message)];
}

export type { Explanation };

function waitFor(seconds: number | undefined): string {
  if (seconds === undefined) return 'Please wait a little, then try again.';
  if (seconds < 90) return `Please wait ${seconds} seconds, then try again.`;
  return `Please wait ${Math.ceil(seconds / 60)} minutes, then try again.`;
}

/** `no such thing` → `No such thing.` */
function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

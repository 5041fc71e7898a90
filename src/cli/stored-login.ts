import { CliError } from './cli-error.js';
import { type Login, LoginStore } from './logins.js';
import { askOAuth, loginIn, oauthFailure } from './oauth-call.js';

/** Where a credential came from that `doorward login` was given. */
export const FROM_LOGIN = 'doorward login';

/** A token is renewed when it lasts no longer than this. */
const MARGIN_MS = 30_000;

/**
 * The sign-in at a gateway, renewed where it must be; undefined when there is none. Of several commands at once one
 * renews it: a refresh token that is shown twice ends the sign-in. Throws CliError when it is over.
 */
export async function storedLogin(url: string, stateDir: string): Promise<Login | undefined> {
  const store = new LoginStore(stateDir);
  const known = store.find(url);
  if (!known || isGood(known)) return known;
  if (known.refreshToken === undefined) throw isOver(url);
  return store.change(url, async (now) => (now && !isGood(now) ? renewed(url, now) : now));
}

async function renewed(url: string, login: Login): Promise<Login> {
  const { refreshToken } = login;
  if (refreshToken === undefined) throw isOver(url);
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
  const answer = await askOAuth(url, '/oauth/token', form);
  if (answer.error === undefined) return { ...login, ...loginIn(answer, Date.now()) };
  throw answer.error === 'invalid_grant' ? isOver(url) : oauthFailure(answer);
}

const isGood = ({ expiresAt }: Login): boolean => Date.parse(expiresAt) > Date.now() + MARGIN_MS;

const isOver = (url: string): CliError =>
  new CliError(`the sign-in at ${url} has ended`, {
    code: 'login_ended',
    nextStep: `Sign in again with: doorward login --url ${url}`,
  });

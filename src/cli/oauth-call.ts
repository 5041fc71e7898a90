import { record } from './answers.js';
import { CliError } from './cli-error.js';
import { GatewayClient } from './gateway-client.js';
import type { Login } from './logins.js';
import { word } from './terminal.js';

/** What we call ourselves: the person who approves reads it. */
export const CLIENT_ID = 'doorward-cli';

/** An answer in the words of OAuth. */
export interface OAuthAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** RFC 6749 section 5.2; undefined when all is well. */
  readonly error?: string;
}

/** Asks an endpoint of OAuth as our own public client. Throws CliError when there is no answer, or none of OAuth. */
export async function askOAuth(
  url: string,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<OAuthAnswer> {
  const client = new GatewayClient({ url, isLocal: false });
  const { status, body } = await client.askForm(path, { client_id: CLIENT_ID, ...form });
  const answer = record(body);
  if (status < 400) return { status, body: answer };
  const { error } = answer;
  if (typeof error === 'string') return { status, body: answer, error };
  if (status !== 404) throw new CliError(`${url} answers ${status}, and not as OAuth does`);
  throw new CliError(`${url} knows no sign-in for a command line`, { nextStep: 'It may be an older gateway.' });
}

/** What went wrong, in the words of the gateway. */
export function oauthFailure({ error, body }: OAuthAnswer, nextStep?: string): CliError {
  const said = typeof body['error_description'] === 'string' ? word(body['error_description']) : undefined;
  return new CliError(`${said ?? 'the gateway said no'} (${word(error)})`, {
    code: error,
    ...(nextStep && { nextStep }),
  });
}

/** The sign-in in a successful answer of the token endpoint. Throws CliError when there is none in it. */
export function loginIn({ body }: OAuthAnswer, now: number): Login {
  const { access_token: token, expires_in: seconds, refresh_token: refreshToken, scope } = body;
  if (typeof token !== 'string' || typeof seconds !== 'number')
    throw new CliError('the gateway answered without a token');
  return {
    token,
    expiresAt: new Date(now + seconds * 1000).toISOString(),
    ...(typeof refreshToken === 'string' && { refreshToken }),
    ...(typeof scope === 'string' && { scopes: scope.split(' ') }),
  };
}

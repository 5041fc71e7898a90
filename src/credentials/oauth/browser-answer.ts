import { sameSecret } from '../../kernel/crypto.js';
import type { BrowserAnswer } from './oauth-client.js';
import { OAuthRefused, properCode } from './oauth-refused.js';

/** Why an answer is not taken; whoever sent it may try again. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

/**
 * The code in the parameters that came back. Throws WrongAnswer for whatever does not belong to this sign-in: no state,
 * another state (S166), a parameter twice, no code. Throws OAuthRefused when the provider itself, knowing the state, said no.
 */
export function browserAnswer(parameters: URLSearchParams, expectedState: string): BrowserAnswer {
  const one = (name: string): string | undefined => {
    const [value, ...more] = parameters.getAll(name);
    if (more.length > 0) throw new WrongAnswer(`"${name}" is there twice`);
    return value === '' ? undefined : value;
  };
  const state = one('state');
  if (state === undefined)
    throw new WrongAnswer('the state is missing: it shows that the answer belongs to this sign-in');
  if (!sameSecret(state, expectedState)) throw new WrongAnswer('the state is that of another sign-in');
  const error = one('error');
  if (error !== undefined) throw new OAuthRefused(properCode(error));
  const code = one('code');
  if (code === undefined) throw new WrongAnswer('the code is missing');
  const iss = one('iss');
  return { code, state, ...(iss !== undefined && { iss }) };
}

import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { backoff } from '../../storage/backoff.js';
import type { OAuthClient } from '../oauth/oauth-client.js';
import type { OAuthProvider } from '../oauth/oauth-provider.js';
import { OAuthRefused } from '../oauth/oauth-refused.js';
import type { OAuthTokens } from '../oauth/oauth-tokens.js';
import type { OAuthProfile } from '../profile.js';
import { isFinal } from './refusals.js';
import type { RefreshStep } from './refresh-event.js';

const TRIES = 3;

export type TokenAnswer =
  | { readonly kind: 'tokens'; readonly tokens: OAuthTokens }
  /** For good: the word that says why. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Asks for new tokens, a few times when nobody answers. That is safe with a refresh token that is good once, too: if the
 * first question was heard and its answer lost, what it gave is lost with it, and a second one can only help. Rejects with
 * Unavailable when it is worth trying later.
 */
export async function askForTokens(ground: {
  readonly client: Pick<OAuthClient, 'refresh'>;
  readonly provider: OAuthProvider;
  readonly profile: OAuthProfile;
  readonly clock: Clock;
  readonly onStep: (step: RefreshStep) => void | Promise<void>;
}): Promise<TokenAnswer> {
  const { client, provider, profile, clock, onStep } = ground;
  for (let attempt = 0; ; attempt += 1) {
    await onStep('asking');
    try {
      return judged(await client.refresh(provider, profile.refresh!, profile.clientId), profile);
    } catch (error) {
      if (error instanceof OAuthRefused && isFinal(error.code)) return { kind: 'refused', reason: error.code };
      if (!(error instanceof Unavailable) || attempt + 1 >= TRIES) throw error;
      await new Promise<void>((resolve) => void clock.after(backoff(attempt), resolve));
    }
  }
}

/** Tokens of another account are worse than none: they would be used, and paid for, in this one's name (S178). */
function judged(tokens: OAuthTokens, { accountId }: OAuthProfile): TokenAnswer {
  const isAnothers = accountId !== undefined && tokens.account !== undefined && tokens.account.accountId !== accountId;
  return isAnothers ? { kind: 'refused', reason: 'account_mismatch' } : { kind: 'tokens', tokens };
}

import type { OAuthProfile } from './profile.js';

/** Keeps logins good: `refresh/` does it. */
export interface Refresher {
  /**
   * The login with an access token that is good now, after a refresh where that is needed. Rejects with a sentence for a
   * person when only a new sign-in helps, or when nobody could be asked.
   */
  fresh(agent: string, id: string, profile: OAuthProfile): Promise<OAuthProfile>;
}

/** Nest's token. */
export const REFRESHER = Symbol('Refresher');

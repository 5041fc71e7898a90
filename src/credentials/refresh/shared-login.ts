import { MAIN_AGENT } from '../agent-id.js';
import type { ProfileStore } from '../profile-store.js';
import type { OAuthProfile } from '../profile.js';
import { refreshRefusal } from '../status/profile-health.js';
import { loginOf } from './refresh-state.js';

/**
 * The main agent's login, where another agent holds an older copy of it, as state directories of the family may: the
 * copy's refresh token may be spent by then, and using it once more would end the login for both (reference F.1, F.8).
 */
export async function elderOf(
  store: ProfileStore,
  agent: string,
  id: string,
  own: OAuthProfile,
): Promise<OAuthProfile | undefined> {
  if (agent === MAIN_AGENT) return undefined;
  const main = await store.read(MAIN_AGENT);
  const login = loginOf(main, id);
  if (!login || refreshRefusal(login, main.usageStats?.[id]) !== undefined) return undefined;
  const isSame = login.refresh === own.refresh || (login.accountId !== undefined && login.accountId === own.accountId);
  return isSame && (login.expires ?? 0) >= (own.expires ?? 0) ? login : undefined;
}

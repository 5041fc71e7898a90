import { Refused } from '../kernel/errors.js';
import { forProvider } from './candidate-order.js';
import { providerId, type StoredProfiles } from './profile.js';

/** The order of an agent's profiles at a provider, and who says so. */
export interface AuthOrder {
  readonly agent: string;
  readonly provider: string;
  /** Null where nobody has said: then kind and last use decide. */
  readonly order: readonly string[] | null;
  /** `store`: the agent's own. `config`: `auth.order`. */
  readonly source: 'store' | 'config' | null;
}

type Orders = Readonly<Record<string, readonly string[]>>;

/** What holds for an agent, from its store and from `auth.order`. */
export function orderOf(agent: string, name: string, stored: StoredProfiles, configured: Orders): AuthOrder {
  const provider = providerId(name);
  const own = forProvider(stored.order, provider);
  const order = own ?? forProvider(configured, provider) ?? null;
  return { agent, provider, order, source: own ? 'store' : order && 'config' };
}

/**
 * What is stored with another order for a provider, or with none. `usable` are the profiles that the agent may name, its
 * own and those that it inherits. Throws Refused for ids that are not among them.
 */
export function changedOrder(
  stored: StoredProfiles,
  usable: StoredProfiles,
  name: string,
  ids: readonly string[] | undefined,
): StoredProfiles {
  const provider = providerId(name);
  const { order = {}, ...rest } = stored;
  const others = Object.entries(order).filter(([key]) => providerId(key) !== provider);
  if (ids) refuseStrangers(ids, provider, usable);
  const next = Object.fromEntries(ids ? [...others, [provider, [...new Set(ids)]] as const] : others);
  return Object.keys(next).length > 0 ? { ...stored, order: next } : rest;
}

function refuseStrangers(ids: readonly string[], provider: string, { profiles }: StoredProfiles): void {
  const known = Object.keys(profiles).filter((id) => providerId(profiles[id]!.provider) === provider);
  const strangers = ids.filter((id) => !known.includes(id));
  if (ids.length > 0 && strangers.length === 0) return;
  const wrong = ids.length === 0 ? 'must name at least one profile' : `no such profile: ${strangers.join(', ')}`;
  const remedy =
    known.length > 0 ? `the profiles of ${provider} are ${known.join(', ')}` : `${provider} has no profile`;
  const message = `${wrong}; ${remedy}`;
  throw new Refused('invalid_request', { message: `order: ${message}`, fields: [{ path: 'order', message }] });
}

import { ConfigError } from '../config/config-error.js';
import type { ConfigSnapshot } from '../config/settings.js';
import type { AnnouncedSecret } from '../secrets/secrets.js';
import { MAIN_AGENT } from './agent-id.js';
import { type Agent, agents } from './agents.js';
import { profileRules } from './auth-profiles.settings.js';
import { candidateOrder } from './candidate-order.js';
import { referenceOf } from './key-reference.js';
import { providerId, type StoredProfiles } from './profile.js';

/** What an agent has stored of its own. */
export interface OwnProfiles {
  readonly agent: string;
  readonly stored: StoredProfiles;
}

/**
 * The references that stand in profiles (reference E.3). One that a model of an agent depends on must be had before the
 * gateway listens; the others are followed too, and nothing fails without them. Throws ConfigError for a login with a
 * reference: what a login holds changes with every refresh, so it can be kept nowhere else (reference E.5).
 */
export function profileReferences(all: readonly OwnProfiles[], config: ConfigSnapshot, now: number): AnnouncedSecret[] {
  const logins = all.flatMap(loginsWithReference);
  if (logins.length > 0) {
    const message = 'a login cannot be a reference, since it changes by itself; remove the reference, or sign in again';
    throw new ConfigError(logins.map((path) => ({ path, message })));
  }
  return all.flatMap((own) => announced(own, config, now));
}

function announced({ agent, stored }: OwnProfiles, config: ConfigSnapshot, now: number): AnnouncedSecret[] {
  const needed = neededProviders(agent, config);
  const asked = askedIds(stored, config, now);
  return Object.entries(stored.profiles).flatMap(([id, profile]) => {
    const [field, reference] = referenceOf(profile) ?? [];
    if (!field || !reference) return [];
    const isNeeded = asked.has(id) && (needed?.has(providerId(profile.provider)) ?? true);
    return [{ path: pathOf(agent, id, field), reference, ...(!isNeeded && { isOptional: true }) }];
  });
}

/** Whose models these profiles may have to open: the agent's own, and of the main agent's profiles everybody's. */
function neededProviders(agent: string, config: ConfigSnapshot): ReadonlySet<string> | undefined {
  const all = config.once(agents);
  const heirs = agent === MAIN_AGENT ? [...all.values()] : [all.get(agent)].filter((one) => one !== undefined);
  // An agent of which nobody has said what it asks may ask for anything.
  if (heirs.some(({ primary }) => primary === undefined)) return undefined;
  return new Set(heirs.flatMap(modelsOf));
}

function modelsOf({ primary, fallbacks }: Agent): string[] {
  return [primary!, ...fallbacks].map(({ provider }) => provider);
}

/** Profiles that some order leads to; who is left out of it is never asked. */
function askedIds(stored: StoredProfiles, config: ConfigSnapshot, now: number): ReadonlySet<string> {
  const providers = new Set(Object.values(stored.profiles).map(({ provider }) => providerId(provider)));
  const rules = profileRules(config);
  const orders = [...providers].map((provider) => candidateOrder(stored, rules, { provider, now }));
  return new Set(orders.flatMap(({ candidates }) => candidates.map(({ id }) => id)));
}

function loginsWithReference({ agent, stored }: OwnProfiles): string[] {
  return Object.entries(stored.profiles)
    .filter(([, { type }]) => type === 'oauth')
    .flatMap(([id, profile]) => {
      const fields = ['keyRef', 'tokenRef'].filter((field) => profile[field] !== undefined);
      return fields.map((field) => pathOf(agent, id, field));
    });
}

function pathOf(agent: string, id: string, field: string): string {
  return `agents/${agent}/auth-profiles.json: ${id}.${field}`;
}

import type { LoadedConfig } from '../config/load.js';
import { settle } from './question.js';
import { keyOf } from './secret-ref.js';
import { SecretSnapshot } from './secret-snapshot.js';
import type { AnnouncedSecret } from './secrets.js';

/** A secret by its name: where it comes from and how it stands, never what it is. */
export interface SecretState {
  /** The setting, or the place outside the configuration, that needs it. */
  readonly path: string;
  /** `env`, `file`, `exec` for references; `config` for one that stands in the file; `environment` for a variable or flag. */
  readonly source: string;
  readonly provider?: string;
  readonly id?: string;
  readonly state: 'resolved' | 'last-known-good' | 'inactive' | 'plain';
  /** When it was had, in milliseconds since the epoch. */
  readonly since?: number;
  /** Why it is inactive, or which variable gives it. */
  readonly reason?: string;
}

/** Every secret that a configuration names, sorted by name. */
export function secretStates(loaded: LoadedConfig, announced: readonly AnnouncedSecret[]): SecretState[] {
  const { snapshot: config, secrets } = loaded;
  const known = config.get(SecretSnapshot);
  const { keptSince, resolvedAt } = known;
  const places: readonly AnnouncedSecret[] = [...secrets.active, ...announced];
  const active = places.map(({ path, reference, isOptional }): SecretState => {
    const ref = settle(reference, config);
    if (isOptional && !known.has(keyOf(ref))) {
      return { path, ...ref, state: 'inactive', reason: 'no model of an agent needs it, and it could not be had' };
    }
    const kept = keptSince.get(keyOf(ref));
    const state = kept === undefined ? 'resolved' : 'last-known-good';
    return { path, ...ref, state, since: kept ?? resolvedAt };
  });
  const inactive = secrets.inactive.map(({ path, reference, reason }): SecretState => {
    return { path, ...settle(reference, config), state: 'inactive', reason };
  });
  const plain = secrets.plain.map((path): SecretState => ({ path, source: 'config', state: 'plain' }));
  const given = [...secrets.given].map(([path, reason]): SecretState => {
    return { path, source: 'environment', state: 'plain', reason };
  });
  return [...active, ...inactive, ...plain, ...given].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

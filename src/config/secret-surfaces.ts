import { unlessBroken } from './check-rules.js';
import type { Environment } from './environment.js';
import type { SettingSpec } from './setting-list.js';
import type { InactiveSecret, PlacedSecret } from './secret-source.js';
import type { ConfigSnapshot } from './settings.js';

/** A secret of the configuration that is not always needed. */
export interface SecretSurface {
  /** The path of its setting; `*` stands for any one key. */
  readonly path: string;
  /** Why nobody needs it as things stand, in words; undefined while somebody does. Asked with the configuration without its secrets. */
  readonly idle: (config: ConfigSnapshot, keys: readonly string[]) => string | undefined;
}

export interface SortedSecrets {
  readonly active: readonly PlacedSecret[];
  readonly inactive: readonly InactiveSecret[];
}

interface Surroundings {
  readonly surfaces: readonly SecretSurface[];
  readonly specs: readonly SettingSpec[];
  readonly environment: Environment;
  readonly overrides: Readonly<Record<string, unknown>>;
  readonly config: ConfigSnapshot;
}

/**
 * Which references are needed. Flags and variables are stronger than a reference (reference A.3), and a part that is
 * switched off needs none: neither may stop a start (contract section 8).
 */
export function sortSecrets(places: readonly PlacedSecret[], around: Surroundings): SortedSecrets {
  const active: PlacedSecret[] = [];
  const inactive: InactiveSecret[] = [];
  for (const place of places) {
    const reason = strongerThan(place, around) ?? idleReason(place, around);
    if (reason === undefined) active.push(place);
    else inactive.push({ keys: place.keys, path: place.path, reference: place.reference, reason });
  }
  return { active, inactive };
}

/** What is used instead of the reference at `path`, in words. */
function strongerThan({ path }: PlacedSecret, { specs, environment, overrides }: Surroundings): string | undefined {
  if (overrides[path] !== undefined) return 'the command line gives the value';
  const env = specs.find((spec) => spec.path === path)?.traits.env;
  if (env === undefined) return undefined;
  const found = environment.find(env) ?? environment.find(`${env}_FILE`);
  return found && `${found.variable} is set`;
}

function idleReason({ keys }: PlacedSecret, { surfaces, config }: Surroundings): string | undefined {
  for (const { path, idle } of surfaces) {
    // Whatever cannot be told, because something else is wrong or not there yet, is needed.
    const reason = covers(path.split('.'), keys) ? unlessBroken(() => idle(config, keys)) : undefined;
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** A surface covers its path and all below it. */
function covers(pattern: readonly string[], keys: readonly string[]): boolean {
  return pattern.length <= keys.length && pattern.every((key, i) => key === '*' || key === keys[i]);
}

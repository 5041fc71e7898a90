import type { FieldError } from '../kernel/errors.js';
import { type BuiltPart, buildPart, type Foreknown } from './build-part.js';
import { checkRules, type ConfigRule, guardedSnapshot } from './check-rules.js';
import type { SettingSources } from './resolve-setting.js';
import { ConfigSnapshot, type SettingsClass } from './settings.js';

export interface Assembly {
  readonly parts: readonly BuiltPart[];
  /** What is wrong in single settings, then across parts. */
  readonly errors: readonly FieldError[];
  /** Throws where something wrong is read, for questions before all is known to be well. Secrets may be missing in it. */
  readonly guarded: ConfigSnapshot;
}

/** Builds all parts from the same sources, and asks the rules across them. */
export function assemble(
  types: readonly SettingsClass[],
  rules: readonly ConfigRule[],
  sources: SettingSources,
  known: Foreknown,
  version: number,
): Assembly {
  const parts = types.map((type) => buildPart(type, sources, known));
  const whole = guardedSnapshot(parts, version, true);
  return {
    parts,
    errors: [...parts.flatMap(({ errors }) => errors), ...checkRules(rules, whole)],
    guarded: guardedSnapshot(parts, version, false),
  };
}

/** The snapshot of parts that are well, and of what comes with them. Nobody can change it. */
export function snapshotOf(
  { parts }: Assembly,
  version: number,
  more: ReadonlyMap<SettingsClass, object> = new Map(),
): ConfigSnapshot {
  const frozen = parts.map(({ type, part }): [SettingsClass, object] => [type, deepFreeze(part)]);
  return new ConfigSnapshot(version, new Map([...frozen, ...more]));
}

function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value) as unknown[]) {
    if (typeof child === 'object' && child !== null && !Object.isFrozen(child)) deepFreeze(child);
  }
  return Object.freeze(value);
}

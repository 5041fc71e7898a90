import type { FieldError } from '../kernel/errors.js';
import type { BuiltPart } from './build-part.js';
import { ConfigSnapshot } from './settings.js';

/** A check across parts: what is wrong with a configuration whose single settings are all well. */
export type ConfigRule = (config: ConfigSnapshot) => readonly FieldError[];

/** Thrown at a rule that reads a setting which is wrong already; the rule has then nothing to say. */
class BrokenSetting extends Error {
  override readonly name = 'BrokenSetting';
}

/**
 * What the rules across parts find, beside what is wrong in single settings, so that all is reported together. A rule
 * that needs a wrong setting is left out: it would only report what follows from it.
 */
export function checkRules(rules: readonly ConfigRule[], config: ConfigSnapshot): FieldError[] {
  return rules.flatMap((rule) => unlessBroken(() => rule(config)) ?? []);
}

/**
 * A snapshot whose wrong settings throw when they are read, to be asked inside `unlessBroken`. With `all`, those throw as
 * well whose secret is not there yet.
 */
export function guardedSnapshot(parts: readonly BuiltPart[], version: number, all: boolean): ConfigSnapshot {
  const broken = ({ broken: wrong, pending }: BuiltPart): Iterable<string> => (all ? [...wrong, ...pending] : wrong);
  return new ConfigSnapshot(version, new Map(parts.map((built) => [built.type, guarded(built.part, broken(built))])));
}

/** What `ask` answers, or undefined if it needed a setting that is wrong. */
export function unlessBroken<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof BrokenSetting) return undefined;
    throw error;
  }
}

function guarded(part: object, broken: Iterable<string>): object {
  const copy = Object.create(Object.getPrototypeOf(part) as object, Object.getOwnPropertyDescriptors(part)) as object;
  for (const property of broken) {
    Object.defineProperty(copy, property, {
      get() {
        throw new BrokenSetting(property);
      },
    });
  }
  return copy;
}

import type { SecretReference } from '../config/secret-source.js';
import type { ConfigSnapshot } from '../config/settings.js';
import { settle } from './question.js';
import { keyOf } from './secret-ref.js';

/**
 * All secrets of one activation, unchanging: part of the configuration's snapshot, and swapped with it. What is written
 * of it anywhere says how many there are, and nothing else.
 */
export class SecretSnapshot {
  readonly #values: ReadonlyMap<string, string>;

  constructor(
    values: ReadonlyMap<string, string> = new Map(),
    /** When they were had, in milliseconds since the epoch. */
    readonly resolvedAt = 0,
    /** By key: when secrets were had that could not be had now, and were kept on disk. */
    readonly keptSince: ReadonlyMap<string, number> = new Map(),
  ) {
    this.#values = new Map(values);
  }

  get size(): number {
    return this.#values.size;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  value(key: string): string | undefined {
    return this.#values.get(key);
  }

  values(): Iterable<string> {
    return this.#values.values();
  }

  toJSON(): object {
    return { secrets: this.size, resolvedAt: this.resolvedAt };
  }
}

/**
 * The secret behind a reference that stands outside the configuration, such as a profile's `keyRef`, as this snapshot has
 * it; undefined when it was not announced (`Secrets.announce`). Read it for each use, keep it nowhere.
 */
export function secretText(config: ConfigSnapshot, reference: SecretReference): string | undefined {
  return config.get(SecretSnapshot).value(keyOf(settle(reference, config)));
}

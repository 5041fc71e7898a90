import type { PlacedSecret, SecretReference } from './secret-source.js';

/** Stands in the tree of a configuration where a secret will be. */
export class SecretPlace implements PlacedSecret {
  constructor(
    readonly keys: readonly string[],
    readonly reference: SecretReference,
  ) {}

  get path(): string {
    return this.keys.join('.');
  }
}

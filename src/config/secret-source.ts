import type { FieldError } from '../kernel/errors.js';
import type { Environment } from './environment.js';
import type { ConfigSnapshot, SettingsClass } from './settings.js';

/** What stands in a secret's place when it is kept elsewhere. */
export interface SecretReference {
  readonly source: string;
  /** The alias of a provider; the source's default when it is left out. */
  readonly provider?: string;
  readonly id: string;
}

/** A text in a secret's place that is meant as a reference and is none: a sentence for a person. */
export class WrongReference {
  constructor(readonly message: string) {}
}

/** A reference, and the setting in which it stands. */
export interface PlacedSecret {
  /** The setting's path, one key each: `['models', 'providers', 'openai', 'apiKey']`. */
  readonly keys: readonly string[];
  /** The same for people: `models.providers.openai.apiKey`. */
  readonly path: string;
  readonly reference: SecretReference;
}

/** A reference that nobody needs as things stand. */
export interface InactiveSecret extends PlacedSecret {
  /** Why, in words: `gateway.auth.mode is "password"`. */
  readonly reason: string;
}

export interface SecretRequest {
  /** Everything but the secrets. */
  readonly config: ConfigSnapshot;
  readonly environment: Environment;
  /** Absolute; it need not exist yet. */
  readonly stateDir: string;
  readonly active: readonly PlacedSecret[];
  readonly inactive: readonly InactiveSecret[];
  readonly isStart: boolean;
  /** Set where what is known stays as it is, and only what is missing is asked for. */
  readonly known?: ConfigSnapshot;
}

export interface SecretAnswer {
  /** By path: one for each active reference, except those that were left `unmeasured`. */
  readonly values: ReadonlyMap<string, string>;
  /** Paths whose value was not asked for, and a sentence that says so: only where a configuration is checked and not used. */
  readonly unmeasured?: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
  /** What comes with the snapshot, by its class. */
  readonly parts?: ReadonlyMap<SettingsClass, object>;
}

/** Where references lead. The configuration knows that there are some, and nothing of how they are followed. */
export interface SecretSource {
  /** What a value in a secret's place is: a reference, a mistake, or undefined for the secret itself. */
  read(value: unknown): SecretReference | WrongReference | undefined;
  /** What can be said against active references without asking anybody. */
  check(request: Pick<SecretRequest, 'config' | 'active'>): readonly FieldError[];
  /** All values or none: throws a ConfigError that names each key, provider and id that failed. */
  resolve(request: SecretRequest): Promise<SecretAnswer>;
}

import { IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { type ConfigSnapshot, Settings } from '../config/settings.js';
import type { FieldError } from '../kernel/errors.js';
import { SecretsSettings } from './provider.settings.js';
import { ALIAS, ALIAS_RULE, SOURCES } from './secret-ref.js';

const ALIAS_OF_A_PROVIDER = { message: ALIAS_RULE };

/** Whose provider is meant when a reference names none. */
@Settings('secrets.defaults')
export class SecretDefaults {
  @IsOptional()
  @Matches(ALIAS, ALIAS_OF_A_PROVIDER)
  env?: string;

  @IsOptional()
  @Matches(ALIAS, ALIAS_OF_A_PROVIDER)
  file?: string;

  @IsOptional()
  @Matches(ALIAS, ALIAS_OF_A_PROVIDER)
  exec?: string;
}

const START_FAILURES = ['refuse', 'wait', 'last-known-good'] as const;

/** How references are followed, and what happens when that fails. */
@Settings('secrets.resolution')
export class SecretResolution {
  /** Providers that are asked at once. */
  @IsInt()
  @Min(1)
  @Max(16)
  maxProviderConcurrency = 4;

  @IsInt()
  @Min(1)
  @Max(4096)
  maxRefsPerProvider = 512;

  /** Of the question to one program. */
  @IsInt()
  @Min(1)
  @Max(16 * 1024 * 1024)
  maxBatchBytes = 262_144;

  /** How long a start goes on asking providers that fail, in milliseconds. */
  @IsInt()
  @Min(0)
  @Max(3_600_000)
  startBudgetMs = 5000;

  /** And then: `refuse` to start, `wait` until they answer, or start with what they said last (`last-known-good`). */
  @IsIn(START_FAILURES)
  onStartFailure: (typeof START_FAILURES)[number] = 'refuse';

  /** How old what they said last may be, in milliseconds. A gateway that started with it ends at that age. */
  @IsInt()
  @Min(1000)
  @Max(90 * 86_400_000)
  lastKnownGoodMaxAgeMs = 86_400_000;
}

/** What must fit together: a default is a provider of its source. */
export function secretRules(config: ConfigSnapshot): FieldError[] {
  const { providers } = config.get(SecretsSettings);
  const defaults = config.get(SecretDefaults);
  return SOURCES.flatMap((source) => {
    const alias = defaults[source];
    if (alias === undefined || providers[alias]?.source === source) return [];
    if (source === 'env' && !Object.hasOwn(providers, alias)) return []; // the environment needs no declaration
    const found = Object.hasOwn(providers, alias) ? `"${alias}" is no ${source} provider` : `there is no "${alias}"`;
    const message = `must name an entry of secrets.providers with source "${source}", and ${found}; correct the name`;
    return [{ path: `secrets.defaults.${source}`, message }];
  });
}

/** Every part of `secrets`. */
export const SECRET_SETTINGS = [SecretsSettings, SecretDefaults, SecretResolution] as const;

import { IsIn, IsInt, IsNumber, IsObject, IsOptional, IsString, Max, Min } from 'class-validator';
import { MapOf } from '../config/map-of.js';
import { type ConfigSnapshot, Settings } from '../config/settings.js';
import type { FieldError } from '../kernel/errors.js';
import type { ProfileRules } from './candidate-order.js';
import type { CooldownRules } from './cooldown.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** `auth.profiles.<id>`: what a profile is, never what it holds. */
export class ProfileNote {
  @IsString()
  provider: string;

  @IsIn(['api_key', 'token', 'oauth'])
  mode: 'api_key' | 'token' | 'oauth';

  @IsOptional()
  @IsString()
  email?: string;
}

@Settings('auth')
export class AuthProfileSettings {
  @MapOf(() => ProfileNote)
  profiles: Record<string, ProfileNote> = {};

  /** By provider: ids of profiles in the order in which they are tried. An agent's stored order beats it. */
  @IsObject()
  order: Record<string, string[]> = {};
}

/** How long a profile rests after what failures (reference A.7). */
@Settings('auth.cooldowns')
export class CooldownSettings {
  @IsNumber()
  @Min(0.02)
  @Max(720)
  billingBackoffHours = 5;

  /** By provider. */
  @IsObject()
  billingBackoffHoursByProvider: Record<string, number> = {};

  @IsNumber()
  @Min(0.02)
  @Max(720)
  billingMaxHours = 24;

  @IsNumber()
  @Min(0.02)
  @Max(720)
  failureWindowHours = 24;

  @IsNumber()
  @Min(1)
  @Max(1440)
  authPermanentBackoffMinutes = 10;

  @IsNumber()
  @Min(1)
  @Max(1440)
  authPermanentMaxMinutes = 60;

  /** How many other profiles of the provider are tried after a rate limit, before another model is. */
  @IsInt()
  @Min(0)
  @Max(100)
  rateLimitedProfileRotations = 1;

  /** The same where the provider is overloaded. */
  @IsInt()
  @Min(0)
  @Max(100)
  overloadedProfileRotations = 1;
}

/** What the configuration says about a provider's cooldowns, in milliseconds. */
export function cooldownRules(config: ConfigSnapshot, provider: string): CooldownRules {
  const settings = config.get(CooldownSettings);
  const backoff = settings.billingBackoffHoursByProvider[provider] ?? settings.billingBackoffHours;
  return {
    billingBackoffMs: backoff * HOUR,
    billingMaxMs: settings.billingMaxHours * HOUR,
    permanentBackoffMs: settings.authPermanentBackoffMinutes * MINUTE,
    permanentMaxMs: settings.authPermanentMaxMinutes * MINUTE,
    failureWindowMs: settings.failureWindowHours * HOUR,
  };
}

/** What the configuration says about which profiles are tried. */
export function profileRules(config: ConfigSnapshot): ProfileRules {
  return config.get(AuthProfileSettings);
}

/** What the classes above cannot say about their maps. */
export function authProfileRules(config: ConfigSnapshot): FieldError[] {
  const { order } = config.get(AuthProfileSettings);
  const { billingBackoffHoursByProvider: hours } = config.get(CooldownSettings);
  const wrongOrder = Object.entries(order).filter(([, ids]) => !isTexts(ids));
  const wrongHours = Object.entries(hours).filter(([, value]) => !(typeof value === 'number' && value > 0));
  return [
    ...wrongOrder.map(([provider]) => ({ path: `auth.order.${provider}`, message: 'must be a list of profile ids' })),
    ...wrongHours.map(([provider]) => ({
      path: `auth.cooldowns.billingBackoffHoursByProvider.${provider}`,
      message: 'must be a number of hours above 0',
    })),
  ];
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

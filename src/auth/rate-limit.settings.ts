import { IsInt, IsOptional, Max, Min, ValidateBy } from 'class-validator';
import { Setting, Settings } from '../config/settings.js';

/** How many wrong credentials one address may show, and what follows. Always on: there is no switch (S138). */
@Settings('gateway.auth.rateLimit')
export class RateLimitSettings {
  /** Wrong credentials within the window; the one that reaches this number locks the address. */
  @IsInt()
  @Min(1)
  @Max(1000)
  maxAttempts = 20;

  /** How long a wrong credential counts, in milliseconds. */
  @IsInt()
  @Min(1000)
  @Max(86_400_000)
  windowMs = 60_000;

  /** How long the address is then refused, in milliseconds. */
  @IsInt()
  @Min(1000)
  @Max(86_400_000)
  lockoutMs = 60_000;
}

/** A URL of Redis that the client can read whole: its password stands in it, and must not end up in an error of parsing. */
function RedisUrl(): PropertyDecorator {
  const validate = (url: unknown): boolean =>
    typeof url === 'string' && /^rediss?:\/\/[^\s/]+/.test(url) && URL.canParse(url) && new URL(url).hostname !== '';
  const defaultMessage = (): string => 'must be a URL such as redis://:password@host:6379/0, or rediss:// for TLS';
  return ValidateBy({ name: 'redisUrl', validator: { validate, defaultMessage } });
}

/** The Redis or Valkey through which replicas share their counts. Unset: each process counts for itself. */
@Settings('redis')
export class RedisSettings {
  /** `redis://:password@host:6379/0`, `rediss://` over TLS; also REDIS_URL, without our prefix, as platforms set it. */
  @Setting({ env: '!REDIS_URL', secret: true })
  @IsOptional()
  @RedisUrl()
  url?: string;
}

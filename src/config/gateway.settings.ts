import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsIP,
  IsOptional,
  IsUrl,
  Max,
  Min,
  Validate,
  ValidateIf,
} from 'class-validator';
import { AddressSet } from '../kernel/net.js';
import { AddressOrRange } from './rules.js';
import { type ConfigSnapshot, Setting, Settings } from './settings.js';

export const BINDS = ['loopback', 'lan', 'tailnet', 'auto', 'custom'] as const;
export type Bind = (typeof BINDS)[number];

/** Where the gateway listens, and whom it believes about a caller's address. */
@Settings('gateway')
export class GatewaySettings {
  /** 0 asks the system for a free port. */
  @Setting({ env: 'GATEWAY_PORT' })
  @IsInt()
  @Min(0)
  @Max(65535)
  port = 18789;

  @Setting({ env: 'GATEWAY_BIND' })
  @IsIn(BINDS)
  bind: Bind = 'loopback';

  /** The IPv4 address of `bind: "custom"`. */
  @ValidateIf(({ bind, customBindHost }: GatewaySettings) => bind === 'custom' || customBindHost !== undefined)
  @IsIP(4)
  customBindHost?: string;

  /** The address that people use from outside; its origin counts as the gateway's own. */
  @Setting({ env: 'GATEWAY_PUBLIC_URL' })
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  publicUrl?: string;

  /** Addresses and CIDR ranges of the reverse proxies whose forwarding headers are believed. */
  @Setting({ env: 'GATEWAY_TRUSTED_PROXIES' })
  @IsArray()
  @Validate(AddressOrRange, { each: true })
  trustedProxies: string[] = [];

  /** Lets X-Real-IP stand in where a trusted proxy sends no X-Forwarded-For. */
  @IsBoolean()
  allowRealIpFallback = false;

  /** How long running requests may take after SIGTERM, in milliseconds. */
  @IsInt()
  @Min(0)
  @Max(600_000)
  shutdownGraceMs = 10_000;
}

export const trustedProxies = (config: ConfigSnapshot): AddressSet =>
  new AddressSet(config.get(GatewaySettings).trustedProxies);

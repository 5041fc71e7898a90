import { IsIn, IsObject, IsOptional, IsString } from 'class-validator';
import { type ConfigSnapshot, Setting, Settings } from '../config/settings.js';
import type { Scope } from '../kernel/scopes.js';
import { MapOfScopes, ScopeList } from './auth.rules.js';

export const AUTH_MODES = ['none', 'token', 'password', 'trusted-proxy'] as const;
export type AuthMode = (typeof AUTH_MODES)[number];

/** What concerns the chain as a whole; each method keeps its own settings beside itself. */
@Settings('gateway.auth')
export class AuthSettings {
  /** Unset: whatever is configured counts. */
  @Setting({ env: 'GATEWAY_AUTH_MODE' })
  @IsOptional()
  @IsIn(AUTH_MODES)
  mode?: AuthMode;

  /** Scopes of people whom a network or a proxy vouches for: by user, by `*@domain`, or `*`. */
  @IsObject()
  @MapOfScopes()
  identityScopes: Record<string, Scope[]> = {};

  /** Narrows what the house keys (static token, password, loopback) carry. */
  @IsOptional()
  @ScopeList()
  sharedSecretScopes?: Scope[];

  /** Accepted as `auth.username`, and ignored: the house has one password. */
  @IsOptional()
  @IsString()
  username?: string;
}

export const authMode = (config: ConfigSnapshot): AuthMode | undefined => config.get(AuthSettings).mode;

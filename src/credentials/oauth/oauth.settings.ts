import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
} from 'class-validator';
import { MapOf } from '../../config/map-of.js';
import { type ConfigSnapshot, Setting, Settings } from '../../config/settings.js';
import { CLIENT_AUTHENTICATIONS, type ClientAuthentication } from '../../kernel/client-authentication.js';
import type { FieldError } from '../../kernel/errors.js';
import { isSafeEndpoint } from '../../kernel/safe-endpoint.js';
import { BUILT_IN_LOGINS } from './built-in-logins.js';

/** `auth.providers.<id>`: where one signs in at a model provider, and as which client. */
export class OAuthProviderSettings {
  /** As the provider names itself; its discovery document says the rest. */
  @IsOptional()
  @IsString()
  issuer?: string;

  @IsOptional()
  @IsString()
  authorizationEndpoint?: string;

  @IsOptional()
  @IsString()
  tokenEndpoint?: string;

  @IsOptional()
  @IsString()
  deviceAuthorizationEndpoint?: string;

  @IsOptional()
  @IsString()
  @Length(1, 500)
  clientId?: string;

  @Setting({ secret: true })
  @IsOptional()
  @IsString()
  @Length(1, 2000)
  clientSecret?: string;

  /** Unset: `basic`, or `none` without a secret. */
  @IsOptional()
  @IsIn(CLIENT_AUTHENTICATIONS)
  clientAuthentication?: ClientAuthentication;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @Matches(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { each: true, message: 'each must be a scope such as "offline_access"' })
  scopes?: string[];

  /** Where the browser comes back to: on this machine, and registered at the provider to the letter. */
  @IsOptional()
  @Matches(/^http:\/\/(localhost|127\.0\.0\.1|\[::1\]):\d{1,5}\/[\w./-]*$/, {
    message: 'must be on this machine, with its port: "http://127.0.0.1:1455/auth/callback"',
  })
  redirectUri?: string;

  /** Sent along with the browser. */
  @IsOptional()
  @IsObject()
  parameters?: Record<string, string>;
}

@Settings('auth')
export class OAuthSettings {
  @MapOf(() => OAuthProviderSettings, {
    pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/,
    rule: 'must be 1 to 64 lower-case letters, digits, ".", "_" or "-"',
  })
  providers: Record<string, OAuthProviderSettings> = {};

  /** Whether the logins of Claude Code and Codex on this machine are taken over (reference F.7). */
  @Setting({ env: 'AUTH_SYNC_CLI_LOGINS' })
  @IsBoolean()
  syncCliLogins = true;
}

const ENDPOINTS = ['issuer', 'authorizationEndpoint', 'tokenEndpoint', 'deviceAuthorizationEndpoint'] as const;

/** What must fit together: whom to ask, as whom, and never in the clear. */
export function oauthRules(config: ConfigSnapshot): FieldError[] {
  return Object.entries(config.get(OAuthSettings).providers).flatMap(([id, settings]) => {
    const path = `auth.providers.${id}`;
    const { issuer, tokenEndpoint, clientId, clientSecret, clientAuthentication, parameters = {} } = settings;
    const isBuiltIn = Object.hasOwn(BUILT_IN_LOGINS, id);
    const errors: FieldError[] = [];
    for (const name of ENDPOINTS) {
      const address = settings[name];
      if (address !== undefined && !isSafeEndpoint(address)) {
        errors.push({ path: `${path}.${name}`, message: 'must begin with https:// (or be on this machine)' });
      }
    }
    if (!isBuiltIn && issuer === undefined && tokenEndpoint === undefined) {
      errors.push({
        path: `${path}.issuer`,
        message: 'is missing; write it, or authorizationEndpoint and tokenEndpoint',
      });
    }
    if (!isBuiltIn && clientId === undefined) {
      errors.push({
        path: `${path}.clientId`,
        message: 'is missing; the provider gives it to whoever registers there',
      });
    }
    if (clientAuthentication !== undefined && clientAuthentication !== 'none' && clientSecret === undefined) {
      const message = `is needed by clientAuthentication "${clientAuthentication}"; write it or a reference to it`;
      errors.push({ path: `${path}.clientSecret`, message });
    }
    for (const [name, value] of Object.entries(parameters)) {
      if (typeof value !== 'string') errors.push({ path: `${path}.parameters.${name}`, message: 'must be a text' });
    }
    return errors;
  });
}

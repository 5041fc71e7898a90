import { Injectable } from '@nestjs/common';
import { IsArray, IsBoolean, IsOptional, IsString, Matches } from 'class-validator';
import { GatewaySettings, trustedProxies } from '../../config/gateway.settings.js';
import { type ConfigSnapshot, Settings } from '../../config/settings.js';
import type { FieldError } from '../../kernel/errors.js';
import type { Identity } from '../../kernel/identity.js';
import { isLoopback } from '../../kernel/net.js';
import { AuthSettings } from '../auth.settings.js';
import { AuthStrategy, Declined } from '../auth-strategy.js';
import type { Evidence } from '../evidence.js';
import { vouchedIdentity } from '../house-identity.js';

const HEADER_NAME = /^[A-Za-z0-9][A-Za-z0-9-]*$/;

@Settings('gateway.auth.trustedProxy')
export class TrustedProxySettings {
  /** Adds the method to the chain; `gateway.auth.mode: "trusted-proxy"` makes it the only one. */
  @IsBoolean()
  enabled = false;

  /** The header in which the proxy names the user. */
  @IsOptional()
  @Matches(HEADER_NAME)
  userHeader?: string;

  /** Another spelling of `userHeader`. */
  @IsOptional()
  @Matches(HEADER_NAME)
  header?: string;

  /** Each must be present and not blank. */
  @IsArray()
  @Matches(HEADER_NAME, { each: true })
  requiredHeaders: string[] = [];

  /** Who may come in, to the letter. Unset: everybody the proxy names. Empty: nobody (S040). */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  allowUsers?: string[];

  /** Whether a proxy on this machine counts. Default: if its very address is listed in `gateway.trustedProxies`. */
  @IsOptional()
  @IsBoolean()
  allowLoopback?: boolean;
}

/** Somebody else vouches: a reverse proxy that has signed the user in and names them in a header. */
@Injectable()
export class TrustedProxyStrategy extends AuthStrategy('trusted-proxy') {
  isConfigured(config: ConfigSnapshot): boolean {
    return usesTrustedProxy(config);
  }

  /** As the only method it always answers, so that a caller who shows nothing is told what is missing. */
  recognises(evidence: Evidence): boolean {
    return isExclusive(evidence.config) || evidence.header(userHeader(evidence.config)) !== undefined;
  }

  judge(evidence: Evidence): Identity | Declined {
    const { config, peer } = evidence;
    const { requiredHeaders, allowUsers } = config.get(TrustedProxySettings);

    if (!speaksForOthers(peer, config)) return new Declined('trusted_proxy_untrusted_source', `peer ${peer}`);
    const missing = requiredHeaders.find((name) => evidence.header(name) === undefined);
    if (missing) return new Declined('trusted_proxy_missing_header', missing);
    const user = evidence.sole(userHeader(config));
    if (user === undefined) return new Declined('trusted_proxy_user_missing', userHeader(config));
    if (allowUsers && !allowUsers.includes(user)) return new Declined('trusted_proxy_user_not_allowed', user);

    return vouchedIdentity('trusted-proxy', user, config, peer);
  }

  override stands({ subject, vouchedBy }: Identity, config: ConfigSnapshot): boolean {
    const { allowUsers } = config.get(TrustedProxySettings);
    return speaksForOthers(vouchedBy!, config) && (allowUsers?.includes(subject) ?? true);
  }
}

/** Any process on this machine can forge the header, so a loopback peer must be meant, not just covered by a range (S030). */
function speaksForOthers(peer: string, config: ConfigSnapshot): boolean {
  if (!config.once(trustedProxies).has(peer)) return false;
  const { allowLoopback } = config.get(TrustedProxySettings);
  return !isLoopback(peer) || (allowLoopback ?? config.get(GatewaySettings).trustedProxies.includes(peer));
}

function isExclusive(config: ConfigSnapshot): boolean {
  return config.get(AuthSettings).mode === 'trusted-proxy';
}

export function usesTrustedProxy(config: ConfigSnapshot): boolean {
  return isExclusive(config) || config.get(TrustedProxySettings).enabled;
}

function userHeader(config: ConfigSnapshot): string {
  const { userHeader, header } = config.get(TrustedProxySettings);
  return userHeader ?? header ?? '';
}

/** The headers by which a request of the configured proxy can be told, in lower case; none where there is no proxy. */
export function proxyHeaders(config: ConfigSnapshot): readonly string[] {
  if (!usesTrustedProxy(config)) return [];
  return [userHeader(config), ...config.get(TrustedProxySettings).requiredHeaders].map((name) => name.toLowerCase());
}

/** What must fit together before this method can be trusted (contract section 2, S046). */
export function trustedProxyRules(config: ConfigSnapshot): FieldError[] {
  if (!usesTrustedProxy(config)) return [];
  const { userHeader, header } = config.get(TrustedProxySettings);
  const errors: FieldError[] = [];
  const refuse = (path: string, message: string): unknown => errors.push({ path, message });

  if (config.get(GatewaySettings).trustedProxies.length === 0) {
    refuse('gateway.trustedProxies', 'must list the address of your reverse proxy when trusted-proxy is on');
  }
  if (!userHeader && !header) {
    refuse(
      'gateway.auth.trustedProxy.userHeader',
      'must name the header in which the proxy sends the user, such as x-forwarded-user',
    );
  }
  if (userHeader && header && userHeader.toLowerCase() !== header.toLowerCase()) {
    refuse('gateway.auth.trustedProxy.header', 'says something else than userHeader: keep one of the two');
  }
  return errors;
}

import { AccountsSettings, JwtSettings, SessionSettings } from './accounts/accounts.settings.js';
import { DeviceGrantSettings } from './accounts/device-grant.settings.js';
import { ExternalSettings, issuerRules } from './accounts/external/external.settings.js';
import { oidcRules, OidcSettings } from './accounts/oidc/oidc.settings.js';
import { MailSettings, mailRules } from './accounts/mail/mail.settings.js';
import { hasCredential, authRules } from './auth/auth-rules.js';
import { AuthSettings } from './auth/auth.settings.js';
import { ControlUiSettings } from './auth/own-origins.js';
import { RateLimitSettings, RedisSettings } from './auth/rate-limit.settings.js';
import { LoginLimitSettings } from './auth/login-limit.settings.js';
import { LoopbackSettings } from './auth/strategies/loopback.strategy.js';
import { PasswordSettings } from './auth/strategies/password.strategy.js';
import { TokenSettings } from './auth/strategies/token.strategy.js';
import { TrustedProxySettings, usesTrustedProxy } from './auth/strategies/trusted-proxy.strategy.js';
import { TailscaleAuthSettings, TailscaleSettings } from './auth/tailscale/tailscale.settings.js';
import { GatewaySettings } from './config/gateway.settings.js';
import { isReachable, isWide } from './config/reach.js';
import { UsageSettings } from './chat/accounting/usage.settings.js';
import { UpstreamSettings } from './chat/chat.settings.js';
import { ProviderVariables } from './config/provider-variables.js';
import type { ConfigSnapshot } from './config/settings.js';
import { agentRules } from './credentials/agents.js';
import { AgentsSettings } from './credentials/agents.settings.js';
import { SessionsSettings } from './chat/sessions/sessions.settings.js';
import { AuthProfileSettings, authProfileRules, CooldownSettings } from './credentials/auth-profiles.settings.js';
import { modelProviderRules } from './credentials/model-providers.js';
import { FailoverSettings, ModelsSettings } from './credentials/models.settings.js';
import { oauthRules, OAuthSettings } from './credentials/oauth/oauth.settings.js';
import { storeRules } from './credentials/store-rules.js';
import { WebSocketSettings } from './gateway/websocket.settings.js';
import { HttpSettings, SecurityHeaderSettings } from './http/http.settings.js';
import { ChatCompletionsSettings, EmbeddingsSettings, ResponsesSettings } from './http/openai/endpoint.settings.js';
import type { FieldError } from './kernel/errors.js';
import { isLoopback } from './kernel/net.js';
import { PairingSettings } from './pairing/pairing.settings.js';
import { ReloadSettings } from './config/reload.settings.js';
import { SECRET_SETTINGS, secretRules } from './secrets/secrets.settings.js';
import { DatabaseSettings } from './storage/database.settings.js';

/** Every part's settings: what a config file may say, and nothing else. */
export const SETTINGS = [
  GatewaySettings,
  AuthSettings,
  LoopbackSettings,
  TokenSettings,
  PasswordSettings,
  TailscaleSettings,
  TailscaleAuthSettings,
  TrustedProxySettings,
  RateLimitSettings,
  ControlUiSettings,
  HttpSettings,
  SecurityHeaderSettings,
  ChatCompletionsSettings,
  ResponsesSettings,
  EmbeddingsSettings,
  WebSocketSettings,
  PairingSettings,
  AccountsSettings,
  JwtSettings,
  SessionSettings,
  LoginLimitSettings,
  MailSettings,
  DeviceGrantSettings,
  ExternalSettings,
  OidcSettings,
  ModelsSettings,
  FailoverSettings,
  UpstreamSettings,
  UsageSettings,
  AuthProfileSettings,
  CooldownSettings,
  OAuthSettings,
  AgentsSettings,
  SessionsSettings,
  DatabaseSettings,
  RedisSettings,
  ReloadSettings,
  ...SECRET_SETTINGS,
] as const;

/** What must fit together across parts. */
export const RULES = [
  authRules,
  mailRules,
  reachRules,
  issuerRules,
  oidcRules,
  modelProviderRules,
  authProfileRules,
  storeRules,
  oauthRules,
  agentRules,
  secretRules,
] as const;

/** A gateway that others reach must know whom it lets in (S014) and, if it was told so, be reached safely (S067). */
function reachRules(config: ConfigSnapshot): FieldError[] {
  if (!isReachable(config)) return [];
  const errors: FieldError[] = [];
  const { mode, url } = config.get(DatabaseSettings);
  const hasUsers = url !== undefined && mode !== 'none';

  if (!hasCredential(config) && !hasUsers) {
    errors.push({
      path: 'gateway.auth',
      message:
        'nobody could be told from anybody: set gateway.auth.token or DOORWARD_GATEWAY_TOKEN (make one with `openssl rand -hex 32`), or gateway.bind "loopback"',
    });
  }
  if (config.get(HttpSettings).requireSecureTransport && isPlain(config)) {
    errors.push({
      path: 'gateway.http.requireSecureTransport',
      message:
        'is set, but credentials would cross the network unencrypted: put a TLS proxy in front and list it in gateway.trustedProxies',
    });
  }
  return errors;
}

/** Sentences for the start banner and the log: nothing wrong, but somebody should know. */
export function startWarnings(config: ConfigSnapshot): string[] {
  const { bind, trustedProxies } = config.get(GatewaySettings);
  const warnings: string[] = [];
  const warn = (when: boolean, sentence: string): unknown => when && warnings.push(sentence);
  const local = config.get(LoopbackSettings).loopback === 'allow';
  const hasRows = config.get(DatabaseSettings).mode !== 'none';
  const { registration, emailVerification } = config.get(AccountsSettings);
  const fromRows = hasRows ? 'a token from `doorward tokens create` or ' : '';

  warn(
    !hasCredential(config),
    `no credential is configured: this machine comes in without one, others need ${fromRows}gateway.auth.token`,
  );
  warn(
    hasRows && registration === 'open' && emailVerification === 'optional',
    'accounts.registration is "open" with accounts.emailVerification "optional": signing up tells whether an address has an account; "required" does not',
  );
  warn(
    !hasRows,
    'database.mode is "none": nothing is kept, and tokens of people and devices can be neither issued nor checked',
  );
  warn(
    isReachable(config) && local,
    'gateway.auth.loopback is "allow" while others reach the gateway: a port forwarder on this machine would pass for it; "proof" is safer',
  );
  warn(
    isReachable(config) && isPlain(config),
    'others reach the gateway over plain HTTP: credentials cross the network unencrypted; put a TLS proxy in front and list it in gateway.trustedProxies',
  );
  warn(
    usesTrustedProxy(config) && bind === 'loopback' && !trustedProxies.some((entry) => isLoopback(entry)),
    'trusted-proxy can never match: gateway.bind is "loopback", and gateway.trustedProxies lists no address of this machine',
  );
  warn(
    usesTrustedProxy(config) && trustedProxies.some((entry) => isLoopback(entry)),
    'gateway.trustedProxies lists this machine: every process on it can name any user to the gateway',
  );
  warn(
    trustedProxies.some(isWide),
    'gateway.trustedProxies holds a range wider than /24 (IPv6: /64): whoever has an address in it can name any caller',
  );
  const { proxies } = config.get(ProviderVariables);
  warn(
    proxies.length > 0,
    `${proxies.join(', ')} is not used: where calls to models go is judged when they connect; a gateway of yours in between is a models.providers.<id>.baseUrl`,
  );
  return warnings;
}

function isPlain(config: ConfigSnapshot): boolean {
  return config.get(GatewaySettings).trustedProxies.length === 0;
}

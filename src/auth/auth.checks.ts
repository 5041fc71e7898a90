import { GatewaySettings } from '../config/gateway.settings.js';
import { isReachable, isWide } from '../config/reach.js';
import { type Audited, type SecurityFinding, when } from '../config/security-check.js';
import { covers } from '../kernel/scopes.js';
import { isLoopback } from '../kernel/net.js';
import { hasCredential } from './auth-rules.js';
import { AuthSettings } from './auth.settings.js';
import { RateLimitSettings } from './rate-limit.settings.js';
import { LoopbackSettings } from './strategies/loopback.strategy.js';
import { PasswordSettings } from './strategies/password.strategy.js';
import { TokenSettings } from './strategies/token.strategy.js';
import { TrustedProxySettings, usesTrustedProxy } from './strategies/trusted-proxy.strategy.js';
import { TailscaleSettings } from './tailscale/tailscale.settings.js';

/** Who is taken for this machine itself, and so comes in without a credential. */
export function loopbackChecks({ loaded: { snapshot: config } }: Audited): SecurityFinding[] {
  const { trustedProxies, publicUrl, bind } = config.get(GatewaySettings);
  const isOpen = config.get(LoopbackSettings).loopback === 'allow';
  const loopback = 'gateway.auth.loopback is "allow"';
  const proof = 'set gateway.auth.loopback to "proof" (the command line then shows a file) or "deny"';
  return when(
    [
      isOpen && trustedProxies.some((entry) => isLoopback(entry)),
      {
        code: 'loopback_behind_local_proxy',
        severity: 'warn',
        title: 'A proxy on this machine that forgets a header would make strangers local',
        evidence: `${loopback}, and gateway.trustedProxies lists this machine`,
        remedy: proof,
      },
    ],
    [
      isOpen &&
        bind === 'loopback' &&
        publicUrl !== undefined &&
        trustedProxies.length === 0 &&
        config.get(TailscaleSettings).mode === 'off',
      {
        code: 'loopback_behind_unlisted_proxy',
        severity: 'warn',
        title: 'Callers from outside arrive through something on this machine that is not listed as a proxy',
        evidence: `${loopback}, gateway.publicUrl is set, and gateway.trustedProxies is empty`,
        remedy: `list the proxy in gateway.trustedProxies, and ${proof}`,
      },
    ],
    [
      isOpen && isReachable(config),
      {
        code: 'loopback_open_while_reachable',
        severity: 'warn',
        title: 'A port forwarder on this machine would pass for it',
        evidence: `${loopback}, and gateway.bind is "${bind}"`,
        remedy: proof,
      },
    ],
  );
}

/** Whose word counts about who the caller is. */
export function proxyChecks({ loaded: { snapshot: config } }: Audited): SecurityFinding[] {
  const { trustedProxies } = config.get(GatewaySettings);
  const { allowUsers, requiredHeaders } = config.get(TrustedProxySettings);
  const everybody = trustedProxies.filter((entry) => entry.endsWith('/0'));
  const wide = trustedProxies.filter((entry) => isWide(entry) && !everybody.includes(entry));
  const isUsed = usesTrustedProxy(config);
  return when(
    [
      everybody.length > 0,
      {
        code: 'trusted_proxies_everybody',
        severity: 'critical',
        title: 'Everybody in the world is believed to be a proxy',
        evidence: `gateway.trustedProxies holds ${everybody.join(', ')}`,
        remedy: 'list the addresses of your proxies alone',
      },
    ],
    [
      wide.length > 0,
      {
        code: 'trusted_proxies_wide',
        severity: 'warn',
        title: 'Whoever has an address in a wide range can name any caller',
        evidence: `gateway.trustedProxies holds ${wide.join(', ')}`,
        remedy: 'list the addresses of your proxies alone',
      },
    ],
    [
      isUsed && allowUsers === undefined,
      {
        code: 'trusted_proxy_any_user',
        severity: 'warn',
        title: 'Everybody whom the proxy names comes in',
        evidence: 'gateway.auth.trustedProxy.allowUsers is not set',
        remedy: 'name the users in gateway.auth.trustedProxy.allowUsers',
      },
    ],
    [
      isUsed && requiredHeaders.length === 0,
      {
        code: 'trusted_proxy_no_required_headers',
        severity: 'info',
        title: 'Nothing but the name of the user shows that a request passed the proxy',
        evidence: 'gateway.auth.trustedProxy.requiredHeaders is empty',
        remedy: 'name a header there that your proxy always sets, such as x-forwarded-proto',
      },
    ],
    [
      isUsed && trustedProxies.some((entry) => isLoopback(entry)),
      {
        code: 'trusted_proxy_local',
        severity: 'warn',
        title: 'Every process on this machine can name any user to the gateway',
        evidence: 'gateway.trustedProxies lists this machine, and its proxy vouches for users',
        remedy: 'run the proxy on another address, or let nobody else on this machine',
      },
    ],
  );
}

/** The house keys, and how often they may be guessed. */
export function houseKeyChecks({ loaded: { snapshot: config, secrets, origins } }: Audited): SecurityFinding[] {
  const { maxAttempts, windowMs, lockoutMs } = config.get(RateLimitSettings);
  const { mode, sharedSecretScopes } = config.get(AuthSettings);
  const token = knownText(config.get(TokenSettings).token);
  const password = knownText(config.get(PasswordSettings).password);
  const isHashed = password?.startsWith('$argon2') === true;
  const isHere = (path: string): boolean => secrets.plain.includes(path) || origins.has(path);
  return when(
    [
      mode === 'none',
      {
        code: 'auth_off',
        severity: 'warn',
        title: 'Everybody who reaches the gateway is its owner',
        evidence: 'gateway.auth.mode is "none"',
        remedy: 'remove gateway.auth.mode, and set gateway.auth.token',
      },
    ],
    [
      mode !== 'none' && !hasCredential(config) && !secrets.active.some(({ path }) => path.startsWith('gateway.auth.')),
      {
        code: 'no_credential',
        severity: 'info',
        title: 'Nobody but this machine has a way in that the configuration provides',
        evidence: 'neither gateway.auth.token nor another method is set',
        remedy: 'set gateway.auth.token (openssl rand -hex 32), or issue tokens: doorward tokens create',
      },
    ],
    [token !== undefined && isWeak(token), weak('gateway.auth.token')],
    [password !== undefined && !isHashed && isWeak(password), weak('gateway.auth.password')],
    [
      password !== undefined && !isHashed && isHere('gateway.auth.password'),
      {
        code: 'password_not_hashed',
        severity: 'info',
        title: 'The password could stand there as a hash, which opens nothing',
        evidence: 'gateway.auth.password is the password itself',
        remedy: 'put its argon2id hash there: $argon2id$…',
      },
    ],
    [
      token !== undefined && sharedSecretScopes === undefined && isReachable(config),
      {
        code: 'house_key_for_everybody',
        severity: 'info',
        title: 'One secret that never expires gives everything, and names nobody',
        evidence: 'gateway.auth.token is set, and gateway.auth.sharedSecretScopes is not',
        remedy:
          'give people and programs tokens of their own (doorward tokens create), and narrow or remove the house key',
      },
    ],
    [
      maxAttempts > 100 || lockoutMs < Math.min(windowMs, 10_000),
      {
        code: 'rate_limit_loose',
        severity: 'warn',
        title: 'Credentials may be guessed at leisure',
        evidence: `gateway.auth.rateLimit: ${maxAttempts} attempts in ${windowMs} ms, then ${lockoutMs} ms of rest`,
        remedy: 'remove gateway.auth.rateLimit for the defaults: 20 attempts in a minute, a minute of rest',
      },
    ],
  );
}

/** People whom a network or a proxy vouches for. */
export function vouchedChecks({ loaded: { snapshot: config } }: Audited): SecurityFinding[] {
  const { identityScopes } = config.get(AuthSettings);
  const isGroup = (name: string): boolean => name === '*' || name.startsWith('*@');
  const admins = Object.entries(identityScopes).filter(
    ([name, scopes]) => isGroup(name) && covers(scopes, 'operator.admin'),
  );
  const { mode } = config.get(TailscaleSettings);
  return when(
    [
      admins.length > 0,
      {
        code: 'identity_scopes_admin',
        severity: admins.some(([name]) => name === '*') ? 'critical' : 'warn',
        title: 'A whole group of people are administrators because somebody else names them',
        evidence: `gateway.auth.identityScopes gives operator.admin to ${admins.map(([name]) => name).join(', ')}`,
        remedy: 'give operator.admin to single users there',
      },
    ],
    [
      mode === 'funnel',
      {
        code: 'tailscale_funnel',
        severity: 'warn',
        title: 'The gateway is open to the whole internet, behind one password',
        evidence: 'gateway.tailscale.mode is "funnel"',
        remedy: 'use "serve" for your tailnet, or a TLS proxy and tokens for the internet',
      },
    ],
  );
}

/** A secret that is not there yet reads as undefined. */
const knownText = (text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : text;

const weak = (path: string): SecurityFinding => ({
  code: 'weak_secret',
  severity: 'critical',
  title: 'A secret that opens the gateway can be guessed',
  evidence: `${path} is short, of few characters, or of a word that everybody tries`,
  remedy: 'make another one: openssl rand -hex 32',
});

const GUESSED =
  /pass(word|wort)|doorward|openclaw|clawdbot|special.?agent|gateway|admin|qwert|letmein|secret|1234|abcd/i;

/** 20 characters, at least 10 of them different, and none of the usual words in what is no long random text. */
export function isWeak(text: string): boolean {
  const distinct = new Set(text).size;
  return (
    text.length < 20 ||
    distinct < 10 ||
    (/^\d+$/.test(text) && text.length < 30) ||
    (text.length < 40 && GUESSED.test(text))
  );
}

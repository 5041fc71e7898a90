import { isReachable } from '../config/reach.js';
import { type Audited, type SecurityFinding, when } from '../config/security-check.js';
import { hasCredential } from './auth-rules.js';
import { AuthSettings } from './auth.settings.js';
import { isWeak } from './guessable.js';
import { RateLimitSettings } from './rate-limit.settings.js';
import { PasswordSettings } from './strategies/password.strategy.js';
import { TokenSettings } from './strategies/token.strategy.js';

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

import { AuthSettings } from './auth/auth.settings.js';
import { TailscaleSettings } from './auth/tailscale/tailscale.settings.js';
import { MailSettings } from './accounts/mail/mail.settings.js';
import type { SecretSurface } from './config/secret-surfaces.js';
import type { ConfigSnapshot } from './config/settings.js';
import { ModelsSettings } from './credentials/models.settings.js';
import { DatabaseSettings } from './storage/database.settings.js';

/**
 * When a secret of the configuration is not needed, and why. One that stands in no row always is; a flag or variable that
 * gives the value beats any row. A reference that nobody needs never blocks a start (contract section 8).
 */
export const SURFACES: readonly SecretSurface[] = [
  { path: 'gateway.auth.token', idle: (config) => otherMethod(config, 'token') },
  { path: 'gateway.auth.password', idle: (config) => otherMethod(config, 'password') },
  { path: 'database.url', idle: withoutServer },
  { path: 'database.encryptionKey', idle: withoutRows },
  { path: 'accounts.mail.password', idle: withoutMail },
  { path: 'models.providers.*', idle: signedOtherwise },
];

/** A mode is about one method; without a mode, whatever is configured counts (contract section 3). */
function otherMethod(config: ConfigSnapshot, method: 'token' | 'password'): string | undefined {
  const { mode } = config.get(AuthSettings);
  if (mode !== undefined && mode !== method) return `gateway.auth.mode is "${mode}"`;
  return config.get(TailscaleSettings).mode === 'require' ? 'gateway.tailscale.mode is "require"' : undefined;
}

function withoutServer(config: ConfigSnapshot): string | undefined {
  const { mode } = config.get(DatabaseSettings);
  return mode === 'none' || mode === 'embedded' ? `database.mode is "${mode}"` : undefined;
}

function withoutRows(config: ConfigSnapshot): string | undefined {
  return config.get(DatabaseSettings).mode === 'none' ? 'database.mode is "none"' : undefined;
}

function withoutMail(config: ConfigSnapshot): string | undefined {
  const { host, user } = config.get(MailSettings);
  return host === undefined && user === undefined ? 'accounts.mail.host is not set' : undefined;
}

function signedOtherwise(config: ConfigSnapshot, [, , name]: readonly string[]): string | undefined {
  const { auth } = config.get(ModelsSettings).providers[name!] ?? {};
  return auth === 'aws-sdk' ? `models.providers.${name}.auth is "aws-sdk"` : undefined;
}

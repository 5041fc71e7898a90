import type { Environment } from '../config/environment.js';
import { CLIENT_SETTINGS, type ReadSettings, readSettings } from '../config/read-settings.js';

/** What the command line must know of the gateway of this machine to talk to it. */
export interface LocalSettings {
  readonly stateDir: string;
  readonly url: string;
  readonly token?: string;
  readonly password?: string;
  /** Where the credential came from, in words. */
  readonly credentialFrom?: string;
  /** `allow`, `proof` or `deny`. */
  readonly loopback: string;
}

const DEFAULT_PORT = 18789;

const KNOWN = {
  ...CLIENT_SETTINGS,
  'gateway.auth.mode': { env: 'GATEWAY_AUTH_MODE' },
  'gateway.auth.loopback': { env: 'GATEWAY_AUTH_LOOPBACK' },
} as const;

/**
 * The few settings that lead to the local gateway, from environment and config file, unchecked: the gateway is the one
 * that judges them. Throws ConfigError when the file cannot be read.
 */
export async function localSettings(env: Environment): Promise<LocalSettings> {
  const settings = await readSettings(env, KNOWN);
  const port = Number(settings.get('gateway.port') ?? DEFAULT_PORT);
  const host = settings.get('gateway.bind') === 'custom' ? String(settings.get('gateway.customBindHost')) : '127.0.0.1';
  return {
    stateDir: settings.stateDir,
    url: `http://${host}:${port}`,
    loopback: String(settings.get('gateway.auth.loopback') ?? 'allow'),
    ...credential(settings),
  };
}

/** One secret, as HTTP has room for one: the mode's own, else the token. A reference or a hash cannot be shown, so it is none. */
function credential(settings: ReadSettings): Pick<LocalSettings, 'token' | 'password' | 'credentialFrom'> {
  const names = settings.get('gateway.auth.mode') === 'password' ? ['password', 'token'] : ['token', 'password'];
  for (const name of names) {
    const value = settings.get(`gateway.auth.${name}`);
    if (typeof value !== 'string' || value.startsWith('$argon2')) continue;
    const variable = settings.environment.find(`GATEWAY_${name.toUpperCase()}`)?.variable;
    return { [name]: value, credentialFrom: variable ?? `gateway.auth.${name}` };
  }
  return {};
}

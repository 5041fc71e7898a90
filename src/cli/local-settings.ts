import type { Environment } from '../config/environment.js';
import { CLIENT_SETTINGS, type ReadSettings, readSettings } from '../config/read-settings.js';
import { valueAt } from '../config/tree.js';
import type { secretAtHand } from '../secrets/at-hand.js';

/** What the command line must know of the gateway of this machine to talk to it. */
export interface LocalSettings {
  readonly stateDir: string;
  readonly url: string;
  readonly token?: string;
  readonly password?: string;
  /** Where the credential came from, in words. */
  readonly credentialFrom?: string;
  /** Why the configured credential cannot be had here: it is a reference that only the gateway follows. */
  readonly unavailable?: string;
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
    ...(await credential(settings)),
  };
}

type Credential = Pick<LocalSettings, 'token' | 'password' | 'credentialFrom' | 'unavailable'>;

/**
 * One secret, as HTTP has room for one: the mode's own, else the token. A hash cannot be shown, so it is none. A reference
 * that cannot be followed ends the search: nothing else is shown in its place (reference A.3, S160).
 */
async function credential(settings: ReadSettings): Promise<Credential> {
  const names = settings.get('gateway.auth.mode') === 'password' ? ['password', 'token'] : ['token', 'password'];
  for (const name of names) {
    const path = `gateway.auth.${name}`;
    const env = `GATEWAY_${name.toUpperCase()}`;
    const variable = (settings.environment.find(env) ?? settings.environment.find(`${env}_FILE`))?.variable;
    const written = valueAt(settings.tree, path);
    const fetched = variable === undefined && mayBeReference(written) ? await atHand(written, settings) : undefined;
    if (fetched && 'unavailable' in fetched)
      return { unavailable: `${path} cannot be had here: ${fetched.unavailable}` };

    const value = fetched ? fetched.value : settings.get(path);
    if (typeof value !== 'string' || value.startsWith('$argon2')) continue;
    return { [name]: value, credentialFrom: variable ?? path };
  }
  return {};
}

const mayBeReference = (value: unknown): boolean =>
  typeof value === 'object' || (typeof value === 'string' && /^(\$|secretref)/.test(value));

/** Loaded when there is a reference: most commands have none, and count milliseconds. */
async function atHand(value: unknown, settings: ReadSettings): ReturnType<typeof secretAtHand> {
  const { secretAtHand: follow } = await import('../secrets/at-hand.js');
  return follow(value, settings);
}

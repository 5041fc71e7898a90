import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { Environment } from '../config/environment.js';
import { findStateDirectory } from '../config/state-directory.js';
import { LocalProof } from '../auth/local-proof.js';
import { CliError, wrongUsage } from './cli-error.js';
import type { World } from './command.js';
import { localSettings } from './local-settings.js';
import { FROM_LOGIN, storedLogin } from './stored-login.js';
import { addSecretOptions, readSecrets, type SecretOptions } from './secret-input.js';

export interface TargetOptions extends SecretOptions {
  readonly url?: string;
}

/** A gateway to talk to, and what to show it. */
export interface Target {
  /** `http://127.0.0.1:18789`, without a path. */
  readonly url: string;
  readonly token?: string;
  readonly password?: string;
  /** What proves that we may read the state directory (`gateway.auth.loopback: "proof"`). */
  readonly proof?: string;
  /** Where the credential came from, in words; undefined if there is none. */
  readonly credentialFrom?: string;
  readonly isLocal: boolean;
  /** Why the configured credential cannot be shown, in words. */
  readonly unavailable?: string;
}

export function addTargetOptions(command: Command): void {
  command.option('--url <url>', 'another gateway, such as https://gateway.example.com');
  addSecretOptions(command);
}

/** Which gateway is meant, and where what belongs to it is kept on this machine. */
export async function findGateway(
  { url }: Pick<TargetOptions, 'url'>,
  world: World,
): Promise<{ readonly url: string; readonly stateDir: string }> {
  const environment = new Environment(world.environment);
  if (url !== undefined) return { url: originOf(url), stateDir: findStateDirectory(environment) };
  return localSettings(environment);
}

/**
 * Which gateway is meant, and with which credential (reference A.3, client credential chain). A secret given by a flag
 * wins alone. With `--url` no secret of this machine is tried, which must not go to a host that somebody named; a sign-in
 * by `doorward login` is, which is for that very host. Otherwise it is the gateway of this machine, found and addressed by
 * environment and configuration, and the sign-in there comes last.
 */
export async function findTarget(options: TargetOptions, world: World): Promise<Target> {
  const given = await readSecrets(options, world);
  const isExplicit = given.token !== undefined || given.password !== undefined;
  const explicit = { ...given, ...(isExplicit && { credentialFrom: 'the command line' }) };
  if (options.url !== undefined) {
    const { url, stateDir } = await findGateway(options, world);
    return { url, ...(isExplicit ? explicit : await signedIn(url, stateDir)), isLocal: false };
  }

  const local = await localSettings(new Environment(world.environment));
  const proof = local.loopback === 'proof' ? readProof(local.stateDir) : undefined;
  const { url, token, password, credentialFrom, unavailable } = local;
  const configured = { token, password, credentialFrom, ...(unavailable !== undefined && { unavailable }) };
  const fallback =
    isExplicit || (credentialFrom ?? unavailable) !== undefined ? configured : await signedIn(url, local.stateDir);
  return { url, ...(isExplicit ? explicit : fallback), ...(proof !== undefined && { proof }), isLocal: true };
}

async function signedIn(url: string, stateDir: string): Promise<Pick<Target, 'token' | 'credentialFrom'>> {
  const login = await storedLogin(url, stateDir);
  return login ? { token: login.token, credentialFrom: FROM_LOGIN } : {};
}

/** For calls that cannot succeed without one: with `--url`, the credential must be named too. */
export function requireCredential(target: Target): Target {
  if (target.isLocal || target.credentialFrom !== undefined) return target;
  throw new CliError('--url needs a credential of its own; those of this machine are not sent to another gateway', {
    exitCode: 2,
    nextStep:
      'Sign in with doorward login --url …, or add --token-file <path>, --token-stdin, --password-file <path> or --password-stdin.',
  });
}

/** ws:// and wss:// are understood too: it is one port. Anything beside scheme, host and port would be lost, so it is refused. */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text.replace(/^ws/i, 'http')) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw wrongUsage(
      `--url is no http or https address: ${withoutSecrets(text)}`,
      'Example: --url https://gateway.example.com',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw wrongUsage('--url must not hold a credential', 'Give it by --token-file or --password-file.');
  }
  return url.origin;
}

const withoutSecrets = (text: string): string => text.replace(/\/\/[^/]*@/, '//…@').replace(/\?.*/, '?…');

function readProof(stateDir: string): string | undefined {
  try {
    return readFileSync(join(stateDir, LocalProof.FILE), 'utf8').trim();
  } catch {
    // Another user's state directory, or no gateway has run yet: the gateway itself will say what is missing.
    return undefined;
  }
}

import { constants, type Stats } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { codeOf, reasonOf } from '../../config/file-reason.js';
import { SecretFailure } from '../secret-resolver.js';

export interface CommandRules {
  /** Absolute, without `~`. */
  readonly command: string;
  readonly trustedDirs: readonly string[];
  readonly allowSymlinkCommand: boolean;
  readonly allowInsecurePath: boolean;
}

/**
 * The real path of a program that may be run with our secrets (S156): no link unless allowed, in a trusted directory if
 * some are named, and neither it nor a directory above it in the hands of anybody but the user and root. Rejects with
 * SecretFailure.
 */
export async function trustedCommand(rules: CommandRules): Promise<string> {
  const { command, trustedDirs, allowSymlinkCommand, allowInsecurePath } = rules;
  try {
    if ((await lstat(command)).isSymbolicLink() && !allowSymlinkCommand) {
      throw distrust(
        `${command} is a symbolic link`,
        'name the program itself, or set allowSymlinkCommand of the provider',
      );
    }
    const real = await realpath(command);
    await refuseOutside(real, command, trustedDirs);
    const seen = await stat(real);
    if (!seen.isFile()) throw distrust(`${real} is no ordinary file`, 'name a program');
    if (!allowInsecurePath) {
      refuseProgram(real, seen);
      for (const directory of new Set([...ancestors(command), ...ancestors(real)])) {
        refuseDirectory(directory, await stat(directory));
      }
    }
    await access(real, constants.X_OK);
    return real;
  } catch (error) {
    if (error instanceof SecretFailure) throw error;
    const reason = codeOf(error) === 'EACCES' ? 'this user may not run it' : reasonOf(error);
    throw distrust(`${command} cannot be run: ${reason}`, 'install the program, or correct the path');
  }
}

async function refuseOutside(real: string, command: string, trustedDirs: readonly string[]): Promise<void> {
  if (trustedDirs.length === 0) return;
  const trusted = await Promise.all(
    trustedDirs.map((directory) => realpath(directory).catch(() => directory)), // one that is not there holds nothing
  );
  if (trusted.some((directory) => real.startsWith(directory.endsWith(sep) ? directory : directory + sep))) return;
  const where = real === command ? command : `${command} is really ${real}, which`;
  throw distrust(`${where} stands in none of the trustedDirs`, 'add its directory to trustedDirs of the provider');
}

const INSECURE = 'or set allowInsecurePath of the provider';

function refuseProgram(path: string, { uid, mode }: Stats): void {
  refuseOwner(path, uid);
  if ((mode & 0o022) !== 0)
    throw distrust(`${path} can be changed by others`, `run: chmod go-w '${path}', ${INSECURE}`);
}

/** In a directory like /tmp everybody may write, and the sticky bit keeps them from each other's entries. */
function refuseDirectory(path: string, { uid, mode }: Stats): void {
  refuseOwner(path, uid);
  const isOpen = (mode & 0o002) !== 0 && (mode & 0o1000) === 0;
  if (isOpen) throw distrust(`in ${path} anybody could put another program`, `run: chmod o-w '${path}', ${INSECURE}`);
}

/** Root may change everything anyhow, and owns what a package manager installs. */
function refuseOwner(path: string, uid: number): void {
  if (process.getuid === undefined) {
    throw distrust(
      `whom ${path} belongs to cannot be verified on this system`,
      `set allowInsecurePath of the provider`,
    );
  }
  if (uid === 0 || uid === process.getuid()) return;
  throw distrust(
    `${path} belongs to another user`,
    `give it to the user that runs the gateway or to root, ${INSECURE}`,
  );
}

function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...ancestors(parent)];
}

const distrust = (message: string, remedy: string): SecretFailure =>
  new SecretFailure(message, remedy, { isLasting: true });

import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { reasonOf } from '../config/file-reason.js';
import { wrongUsage } from './cli-error.js';
import type { World } from './command.js';

/** The flags by which a token and a password arrive. */
export interface SecretOptions {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly tokenStdin?: boolean;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly passwordStdin?: boolean;
}

/** Adds `--token-file`, `--token-stdin`, `--token` and the same for the password. */
export function addSecretOptions(command: Command): void {
  for (const name of ['token', 'password'] as const) {
    command.option(`--${name}-file <path>`, `read the ${name} from a file`);
    command.option(`--${name}-stdin`, `read the ${name} from standard input`);
    command.addOption(new Option(`--${name} <${name}>`, `the ${name} itself; others on this machine can see it`));
  }
}

/**
 * The secrets that were given, each in one way. Warns about one that stands among the arguments, where the process
 * list shows it. Throws CliError for two ways at once, an unreadable file, an empty secret, and a terminal as stdin:
 * nobody is kept waiting at a prompt that a script cannot answer.
 */
export async function readSecrets(
  options: SecretOptions,
  world: World,
): Promise<{ readonly token?: string; readonly password?: string }> {
  if (options.tokenStdin && options.passwordStdin) {
    throw wrongUsage('--token-stdin and --password-stdin cannot share standard input', 'Give one of them by file.');
  }
  const token = await readSecret('token', [options.token, options.tokenFile, options.tokenStdin], world);
  const password = await readSecret('password', [options.password, options.passwordFile, options.passwordStdin], world);
  return { ...(token !== undefined && { token }), ...(password !== undefined && { password }) };
}

type Ways = readonly [argument: string | undefined, file: string | undefined, stdin: boolean | undefined];

async function readSecret(name: 'token' | 'password', ways: Ways, world: World): Promise<string | undefined> {
  const [argument, file, stdin] = ways;
  const given = ways.filter((way) => way !== undefined).length;
  if (given === 0) return undefined;
  if (given > 1)
    throw wrongUsage(`the ${name} was given in ${given} ways; use one of --${name}-file, --${name}-stdin, --${name}`);

  if (argument !== undefined) {
    world.terminal.warn(
      `--${name} shows the secret in the process list and the shell's history; use --${name}-file or --${name}-stdin`,
    );
  }
  return oneLine(name, argument ?? (stdin ? await fromStdin(name, `--${name}-stdin`, world) : fromFile(name, file!)));
}

/** The secret that `--<name>-file` names, `-` being standard input. Throws CliError as `readSecrets` does. */
export async function secretFile(name: string, file: string, world: World): Promise<string> {
  return oneLine(name, file === '-' ? await fromStdin(name, `--${name}-file -`, world) : fromFile(name, file));
}

function oneLine(name: string, found: string): string {
  const secret = found.replace(/\r?\n$/, '');
  if (secret.trim() === '') throw wrongUsage(`the ${name} is empty`);
  if (/[\r\n]/.test(secret)) throw wrongUsage(`the ${name} has more than one line`);
  return secret;
}

async function fromStdin(name: string, flag: string, { stdin }: World): Promise<string> {
  if (stdin.isTTY)
    throw wrongUsage(`${flag}, but standard input is a terminal`, `Pipe it in, or use --${name}-file <path>.`);
  return text(stdin);
}

function fromFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw wrongUsage(`--${name}-file ${path} cannot be read: ${reasonOf(error)}`);
  }
}

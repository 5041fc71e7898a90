import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { reasonOf } from '../config/file-reason.js';
import { wrongUsage } from './cli-error.js';
import type { World } from './command.js';
import { askHidden } from './hidden-input.js';
import { canAsk } from './prompt.js';

/** How long a pipe that nobody spoke of (`--stdin`) may take: one that is merely open keeps nobody waiting. */
const PIPE_WAIT_MS = 2_000;

/** The ways in which a value comes that others on this machine must not see. */
export interface ValueOptions {
  readonly stdin?: boolean;
  readonly file?: string;
}

export function addValueOptions(command: Command, what: string): Command {
  return command
    .option('--stdin', `read the ${what} from standard input`)
    .option('--file <path>', `read the ${what} from a file`);
}

/**
 * The value from standard input or a file, without the line break at its end; undefined when neither was named. Throws
 * CliError for both at once, for an unreadable file, for nothing at all, and for a terminal as standard input.
 */
export async function givenValue({ stdin, file }: ValueOptions, world: World): Promise<string | undefined> {
  if (!stdin && file === undefined) return undefined;
  if (stdin && file !== undefined) throw wrongUsage('--stdin and --file were both given; use one of them');
  if (stdin && world.stdin.isTTY) {
    throw wrongUsage(
      '--stdin, but standard input is a terminal',
      'Pipe the value in, or leave --stdin out to be asked.',
    );
  }
  const value = (stdin ? await text(world.stdin) : fromFile(file!)).replace(/\r?\n$/, '');
  if (value.trim() === '') throw wrongUsage('the value is empty');
  return value;
}

/** What was piped in without a word about it; undefined for a terminal, for nothing, and for a pipe that stays open. */
export async function pipedValue({ stdin, pause }: Pick<World, 'stdin' | 'pause'>): Promise<string | undefined> {
  if (stdin.isTTY) return undefined;
  const value = await Promise.race([text(stdin), pause(PIPE_WAIT_MS)]);
  return value?.trim() ? value : undefined;
}

/** Asks for a value without showing it. Throws CliError where nobody can be asked. */
export async function askedValue(what: string, world: World): Promise<string> {
  if (!canAsk(world)) {
    throw wrongUsage(`the ${what} is missing`, 'Nobody can be asked here: give it with --stdin or --file <path>.');
  }
  const value = (await askHidden(`${what}: `, world)).trim();
  if (value === '') throw wrongUsage(`the ${what} is empty`);
  return value;
}

function fromFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw wrongUsage(`--file ${path} cannot be read: ${reasonOf(error)}`);
  }
}

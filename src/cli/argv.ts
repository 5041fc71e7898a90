import { COMMANDS, DEFAULTS, type Entry } from './commands.js';

/** Flags that every command may take, and that people also write in front of it. */
const LEADING_FLAGS = new Set(['--json', '--verbose', '--token-stdin', '--password-stdin']);
const LEADING_VALUES = new Set(['--url', '--token', '--password', '--token-file', '--password-file']);

/** The words of the command line with leading flags moved behind the command, and `gateway` spelled out. */
export function normalise(argv: readonly string[]): string[] {
  const flags: string[] = [];
  const words = [...argv];
  for (let first = words[0]; first !== undefined; first = words[0]) {
    const width = LEADING_FLAGS.has(first) || isAssigned(first) ? 1 : LEADING_VALUES.has(first) ? 2 : 0;
    if (width === 0) break;
    flags.push(...words.splice(0, width));
  }
  const [group = '', next] = words;
  const verb = Object.hasOwn(DEFAULTS, group) ? DEFAULTS[group] : undefined;
  const bare = next === undefined || (next.startsWith('-') && next !== '--help' && next !== '-h');
  if (verb !== undefined && bare) words.splice(1, 0, verb);
  return [...words, ...flags];
}

/** The command that the first words name, if they name one. */
export function findEntry(words: readonly string[]): Entry | undefined {
  return COMMANDS.find(({ path }) => path === words.slice(0, path.split(' ').length).join(' '));
}

const isAssigned = (flag: string): boolean => LEADING_VALUES.has(flag.split('=')[0]!) && flag.includes('=');

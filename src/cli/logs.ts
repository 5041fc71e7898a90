import { join } from 'node:path';
import { Environment } from '../config/environment.js';
import { findStateDirectory } from '../config/state-directory.js';
import { parseLogLine, prettyLine } from '../log/pretty-line.js';
import { CliError, wrongUsage } from './cli-error.js';
import type { CommandFile, World } from './command.js';
import { followLines, lastLines } from './log-lines.js';

interface Options {
  readonly follow?: boolean;
  readonly lines: number;
  readonly grep?: RegExp;
  readonly json?: boolean;
}

/** The log file of this machine's gateway, the rotated ones before it; works without a running gateway. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward logs --follow',
    "doorward logs --lines 1000 --grep 'auth failed'",
    'doorward logs --json | jq \'select(.level == "error")\'',
  ],

  describe(command) {
    command
      .option('-f, --follow', 'go on with what is written from now on')
      .option('-n, --lines <number>', 'how many of the last lines', parseLines, 100)
      .option('--grep <pattern>', 'only lines that match a regular expression, in any case', parsePattern);
  },

  async run({ options, world }) {
    const file = join(findStateDirectory(new Environment(world.environment)), 'logs', 'gateway.log');
    const matches = (line: string): boolean => options.grep?.test(line) ?? true;
    const show = (line: string): void => world.terminal.writeOut(shown(line, options, world));

    const { lines, end } = await lastLines(file, options.lines, matches);
    lines.forEach(show);
    if (options.follow) {
      if (end === undefined) world.terminal.say(`waiting for ${file} …`);
      return followLines(file, end, (line) => matches(line) && show(line));
    }
    if (end === undefined) {
      throw new CliError(`there is no log yet: ${file}`, { nextStep: 'Start a gateway with: doorward gateway run' });
    }
  },
};

function shown(line: string, { json }: Options, { terminal }: World): string {
  if (json) return `${line}\n`;
  return prettyLine(parseLogLine(line) ?? { msg: line }, terminal.colour);
}

function parseLines(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw wrongUsage(`--lines is no number: ${text}`);
  return Number(text);
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch {
    throw wrongUsage(`--grep is no regular expression: ${text}`);
  }
}

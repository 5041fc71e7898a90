import { createInterface } from 'node:readline';
import type { World } from './command.js';

/** Whether there is a person at standard input who can be asked something. */
export const canAsk = ({ stdin }: Pick<World, 'stdin'>): boolean => stdin.isTTY === true;

/** Asks a yes-or-no question on stderr. Anything but "y" or "yes" is no, and so is the end of input. */
export async function confirm(
  question: string,
  { stdin, terminal }: Pick<World, 'stdin' | 'terminal'>,
): Promise<boolean> {
  terminal.writeTalk(`${question} [y/N] `);
  const lines = createInterface({ input: stdin, terminal: false });
  try {
    for await (const line of lines) return /^y(es)?$/i.test(line.trim());
    return false;
  } finally {
    lines.close();
  }
}

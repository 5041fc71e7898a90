import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { CliError } from './cli-error.js';
import type { World } from './command.js';

/** Asks for one line on stderr. Rejects when the input ends, and when `signal` says that nobody needs the answer. */
export function ask(
  question: string,
  { stdin, terminal }: Pick<World, 'stdin' | 'terminal'>,
  signal?: AbortSignal,
): Promise<string> {
  terminal.writeTalk(question);
  return lineOf(createInterface({ input: stdin, terminal: false }), signal);
}

/** The same without showing what is typed. Ctrl-C gives up. */
export async function askHidden(
  question: string,
  { stdin, terminal }: Pick<World, 'stdin' | 'terminal'>,
): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // Before the question: whoever answers it at once must not see the answer either.
  const lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY === true });
  terminal.writeTalk(question);
  try {
    return await lineOf(lines);
  } finally {
    terminal.writeTalk('\n');
  }
}

function lineOf(lines: Interface, signal?: AbortSignal): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const giveUp = (): void => reject(new CliError('no answer was given'));
    lines.once('line', (line) => {
      resolve(line);
      lines.close(); // at once: what comes next is for whoever asks next
    });
    lines.once('SIGINT', giveUp);
    lines.once('close', giveUp);
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
  }).finally(() => lines.close());
}

import { createInterface, type Interface } from 'node:readline';
import { CliError } from './cli-error.js';
import type { World } from './command.js';
import { word } from './terminal.js';

export interface Choice<T> {
  readonly label: string;
  readonly value: T;
}

interface Asked {
  /** Taken for an empty line. */
  readonly initial?: string;
  /** What is wrong with an answer, as a sentence; undefined when it is good. */
  readonly check?: (answer: string) => string | undefined;
}

/** Several questions to one person at a terminal, on stderr: answers are lines. Throws CliError when the person leaves. */
export class Conversation {
  private readonly reader: Interface;
  private readonly lines: AsyncIterator<string>;

  constructor(private readonly world: Pick<World, 'stdin' | 'terminal'>) {
    this.reader = createInterface({ input: world.stdin, terminal: false });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  /** A line, asked for until it is good. */
  async ask(question: string, { initial, check = () => undefined }: Asked = {}): Promise<string> {
    const { terminal } = this.world;
    for (;;) {
      terminal.writeTalk(`${question}${initial === undefined ? '' : ` [${word(initial)}]`} `);
      const answer = (await this.line()) || initial || '';
      const problem = answer === '' ? 'Something has to be said here.' : check(answer);
      if (problem === undefined) return answer;
      terminal.say(problem);
    }
  }

  /** One of several, by its number. */
  async choose<T>(question: string, choices: readonly Choice<T>[]): Promise<T> {
    const { terminal } = this.world;
    terminal.say(question);
    choices.forEach(({ label }, i) => terminal.say(`  ${i + 1}  ${word(label)}`));
    const isNumber = (answer: string): boolean => /^[1-9]\d{0,3}$/.test(answer) && Number(answer) <= choices.length;
    const answer = await this.ask('Number?', {
      check: (text) => (isNumber(text) ? undefined : `A number from 1 to ${choices.length}, please.`),
    });
    return choices[Number(answer) - 1]!.value;
  }

  /** Anything but "y" or "yes" is no. */
  async confirm(question: string): Promise<boolean> {
    this.world.terminal.writeTalk(`${question} [y/N] `);
    return /^y(es)?$/i.test(await this.line());
  }

  end(): void {
    this.reader.close();
  }

  private async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done) throw new CliError('nothing was changed: the conversation ended early');
    return (value as string).trim();
  }
}

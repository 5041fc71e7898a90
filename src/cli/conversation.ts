import { createInterface, type Interface } from 'node:readline';
import { CliError } from './cli-error.js';
import type { World } from './command.js';
import { askHidden } from './hidden-input.js';
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
  private reader: Interface | undefined;
  /** Lines that were typed before they were asked for. */
  private readonly arrived: string[] = [];
  private isOver = false;
  private wake: () => void = () => {};

  constructor(private readonly world: Pick<World, 'stdin' | 'terminal'>) {
    this.listen();
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

  /** A line that is not shown while it is typed. Ctrl-C gives up. */
  async hidden(question: string): Promise<string> {
    const { terminal } = this.world;
    for (;;) {
      const answer = await this.hiddenLine(`${question} `);
      if (answer !== '') return answer;
      terminal.say('Something has to be said here.');
    }
  }

  /** One of several, by its number; an empty line takes `initial`. */
  async choose<T>(question: string, choices: readonly Choice<T>[], initial?: T): Promise<T> {
    const { terminal } = this.world;
    terminal.say(question);
    choices.forEach(({ label }, i) => terminal.say(`  ${i + 1}  ${word(label)}`));
    const isNumber = (answer: string): boolean => /^[1-9]\d{0,3}$/.test(answer) && Number(answer) <= choices.length;
    const usual = initial === undefined ? 0 : choices.findIndex(({ value }) => value === initial) + 1;
    const answer = await this.ask('Number?', {
      ...(usual > 0 && { initial: String(usual) }),
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
    this.reader?.removeAllListeners().close();
    this.reader = undefined;
  }

  private listen(): void {
    const { stdin } = this.world;
    this.isOver = stdin.readableEnded;
    this.reader = createInterface({ input: stdin, terminal: false });
    this.reader.on('line', (line) => {
      this.arrived.push(line);
      this.wake();
    });
    this.reader.once('close', () => {
      this.isOver = true;
      this.wake();
    });
  }

  private async line(): Promise<string> {
    while (this.arrived.length === 0) {
      if (this.isOver) throw new CliError('nothing was changed: the conversation ended early');
      await new Promise<void>((wake) => (this.wake = wake));
    }
    return this.arrived.shift()!.trim();
  }

  /** Two readers of one input would both be told what is typed: while one does not show it, the other is gone. */
  private async hiddenLine(question: string): Promise<string> {
    if (this.arrived.length > 0 || this.isOver) {
      this.world.terminal.say(question);
      return this.line();
    }
    this.end();
    try {
      return (await askHidden(question, this.world)).trim();
    } finally {
      this.listen();
    }
  }
}

import { styleText } from 'node:util';
import { printable } from '../kernel/printable.js';
import { colourWanted } from './colour.js';

/** A stream of the process, or a stand-in. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

type Style = Parameters<typeof styleText>[0];

/** The only way out for words: results on stdout, talk on stderr. */
export class Terminal {
  readonly colour: boolean;
  readonly talkColour: boolean;
  /** Whether a person reads the results, and no other program. */
  readonly isScreen: boolean;

  constructor(
    private readonly stdout: Output,
    private readonly stderr: Output,
    variables: Readonly<Record<string, string | undefined>>,
  ) {
    this.isScreen = stdout.isTTY === true;
    this.colour = colourWanted(stdout, variables);
    this.talkColour = colourWanted(stderr, variables);
  }

  /** What the user asked for, one line or several of our own making. */
  result(text: string): void {
    this.stdout.write(`${text}\n`);
  }

  /** The same for programs. JSON escapes what would move a cursor. */
  json(value: unknown): void {
    this.result(JSON.stringify(value, null, 2));
  }

  /** What accompanies the result. */
  say(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    this.say(`${this.paintTalk('yellow', 'warning:')} ${text}`);
  }

  /** Text for stdout, in a style if stdout is coloured. */
  paint(style: Style, text: string): string {
    return this.colour ? styleText(style, text, { validateStream: false }) : text;
  }

  paintTalk(style: Style, text: string): string {
    return this.talkColour ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Raw output for what formats itself, such as help texts and log lines. */
  writeOut(text: string): void {
    this.stdout.write(text);
  }

  writeTalk(text: string): void {
    this.stderr.write(text);
  }
}

/** Somebody else's word as one harmless word of ours: labels, names and reasons come from strangers (CWE-150). */
export function word(value: unknown): string {
  if (value === undefined || value === null) return '';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

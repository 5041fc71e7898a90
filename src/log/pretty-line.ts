import { styleText } from 'node:util';
import { printable } from '../kernel/printable.js';

/** One parsed line of the log. */
export type LogRecord = Readonly<Record<string, unknown>>;

type Style = Parameters<typeof styleText>[0];

// prettier-ignore
const LEVELS: Readonly<Record<string, readonly [label: string, style: Style]>> = {
  debug: ['debug', 'gray'],
  info:  ['info ', 'green'],
  warn:  ['warn ', 'yellow'],
  error: ['error', 'red'],
};

/** Shown already. */
const UNSHOWN = new Set(['ts', 'level', 'msg']);

/** Events that people look for by name, as in the manuals of the family; the others are of use to machines alone. */
const NAMED_EVENT = /^SECRETS_[A-Z_]+$/;

const isShown = ([name, value]: readonly [string, unknown]): boolean =>
  name === 'event' ? typeof value === 'string' && NAMED_EVENT.test(value) : !UNSHOWN.has(name);

/** A log record as one line for people, with a line break: time, level, message, then `name=value` for the rest. */
export function prettyLine(record: LogRecord, colour: boolean): string {
  const paint = (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const [label, style] = LEVELS[String(record['level'])] ?? [String(record['level'] ?? '     '), 'gray'];
  const fields = Object.entries(record)
    .filter(isShown)
    .map(([name, value]) => ` ${paint('gray', `${printable(name)}=`)}${shown(value)}`);
  const time = printable(String(record['ts'] ?? ''));
  return `${paint('gray', time)} ${paint(style, printable(label))} ${printable(String(record['msg'] ?? ''))}${fields.join('')}\n`;
}

/** A parsed log line, or undefined for a line that is no JSON object (a crash may have cut one). */
export function parseLogLine(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as LogRecord;
  } catch {
    return undefined;
  }
}

function shown(value: unknown): string {
  const text =
    typeof value === 'string' ? value : isFailure(value) ? `${value.name}: ${value.message}` : JSON.stringify(value);
  if (text === undefined) return 'undefined';
  return printable(/[\s"=]/.test(text) && !text.startsWith('{') ? JSON.stringify(text) : text);
}

/** An error as the log writes it; its stack is for the file. */
function isFailure(value: unknown): value is { readonly name: string; readonly message: string } {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}

import pino from 'pino';
import { type Clock, systemClock } from '../kernel/clock.js';
import type { Log, LogFields, LogLevel } from '../kernel/log.js';
import { printableJson } from '../kernel/printable.js';
import { DescriptorSink, type LineSink } from './line-sink.js';
import { parseLogLine, prettyLine } from './pretty-line.js';
import { hider } from './hide.js';
import { redact, redactText } from './redact.js';
import { rotatingFile, type Rotation } from './rotating-file.js';

/** What the terminal sees: lines for people on stderr, JSON lines on stdout, or nothing. */
export type TerminalLog = 'pretty' | 'json' | 'none';

export interface LogOptions {
  readonly level: LogLevel;
  /** Path of the log file; without it, only the terminal hears. */
  readonly file?: string;
  readonly rotation?: Rotation;
  readonly terminal: TerminalLog;
  readonly colour?: boolean;
  readonly clock?: Clock;
}

/** The log of one gateway. */
export interface GatewayLog extends Log {
  /** From now on these texts are in no line, whatever it is about. Those of before are forgotten. */
  hide(secrets: Iterable<string>): void;
  /** Resolves when every line so far is written. */
  flush(): Promise<void>;
  /** Flushes, and stops flushing at exit. */
  close(): Promise<void>;
}

const STDOUT = 1;
const STDERR = 2;

/**
 * Opens the log: JSON lines with `ts level msg event code requestId …`, without secrets and without control
 * characters, written behind the event loop's back and completed when the process ends, by whatever error.
 * Throws what the file system throws when `file` cannot be opened.
 */
export function createLog({
  level,
  file,
  rotation,
  terminal,
  colour = false,
  clock = systemClock,
}: LogOptions): GatewayLog {
  const sinks: LineSink[] = [];
  if (file !== undefined) sinks.push(rotatingFile(file, rotation));
  if (terminal === 'json') sinks.push(new DescriptorSink(STDOUT));
  if (terminal === 'pretty') sinks.push(pretty(new DescriptorSink(STDERR), colour));

  let hidden = (line: string): string => line;
  const lines = pino(
    {
      level,
      base: undefined,
      timestamp: () => `,"ts":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: (line) => {
        const safe = hidden(printableJson(line));
        for (const sink of sinks) sink.write(safe);
      },
    },
  );
  const flushAtExit = (): void => sinks.forEach((sink) => sink.flushSync());
  process.once('exit', flushAtExit);

  const flush = async (): Promise<void> => void (await Promise.all(sinks.map((sink) => sink.flush())));
  const write =
    (loudness: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (lines.isLevelEnabled(loudness)) lines[loudness](redact(fields), redactText(message));
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    hide: (secrets) => void (hidden = hider(secrets)),
    flush,
    async close() {
      await flush();
      process.removeListener('exit', flushAtExit);
    },
  };
}

function pretty(sink: LineSink, colour: boolean): LineSink {
  return {
    write: (line) => sink.write(prettyLine(parseLogLine(line) ?? { msg: line }, colour)),
    flush: () => sink.flush(),
    flushSync: () => sink.flushSync(),
  };
}

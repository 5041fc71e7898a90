import { CliError, EXIT } from './cli-error.js';
import { type Terminal, word } from './terminal.js';

interface Manner {
  readonly json: boolean;
  readonly verbose: boolean;
  /** The command starts a gateway: what is wrong then may say by which number a service is to know it. */
  readonly starting: boolean;
}

/** Says what went wrong, on stderr, and answers with the exit code. A fault of ours shows its stack when asked to. */
export function report(error: unknown, terminal: Terminal, { json, verbose, starting }: Manner): number {
  const { message, nextStep, code, exitCode } = known(error, starting);
  if (json) {
    terminal.say(JSON.stringify({ error: { code, message, nextStep, exitCode } }));
    return exitCode;
  }
  const lines = message.split('\n').map(word).join('\n');
  terminal.say(`${terminal.paintTalk('red', 'error:')} ${lines}`);
  if (nextStep !== undefined) terminal.say(nextStep.split('\n').map(word).join('\n'));
  if (verbose && error instanceof Error && !(error instanceof CliError)) terminal.say(error.stack ?? '');
  return exitCode;
}

interface Failure {
  readonly message: string;
  readonly nextStep?: string | undefined;
  readonly code?: string | undefined;
  readonly exitCode: number;
}

/** Errors of other folders say by a number of their own how a start should end, as ConfigError does with 78. */
function known(error: unknown, starting: boolean): Failure {
  if (error instanceof CliError) return error;
  if (!(error instanceof Error)) return { message: String(error), exitCode: EXIT.failed };
  const { exitCode, code } = error as { exitCode?: unknown; code?: unknown };
  return {
    message: error.message,
    code: typeof code === 'string' ? code : undefined,
    exitCode: starting && typeof exitCode === 'number' ? exitCode : EXIT.failed,
  };
}

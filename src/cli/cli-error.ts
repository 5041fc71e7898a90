/** How a command ends (contract section 9). Only a start that is refused ends otherwise: with 78, EX_CONFIG. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a command could not do, in a sentence for people, with the next step where there is one. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  readonly nextStep: string | undefined;
  /** The gateway's code for it, or ours. */
  readonly code: string | undefined;

  constructor(message: string, detail: { exitCode?: ExitCode; nextStep?: string; code?: string } = {}) {
    super(message);
    this.exitCode = detail.exitCode ?? EXIT.failed;
    this.nextStep = detail.nextStep;
    this.code = detail.code;
  }
}

/** The words on the command line do not make sense: exit 2. */
export const wrongUsage = (message: string, nextStep?: string): CliError =>
  new CliError(message, { exitCode: EXIT.usage, nextStep });

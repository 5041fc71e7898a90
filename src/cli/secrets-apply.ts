import { readFileSync } from 'node:fs';
import { reasonOf } from '../config/file-reason.js';
import type { ApplyReport } from '../credentials/plan/apply-plan.js';
import { wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { runPlan } from './run-plan.js';
import { type Terminal, word } from './terminal.js';

interface Options {
  readonly from: string;
  readonly dryRun?: boolean;
  readonly allowExec?: boolean;
  readonly keepBackups?: boolean;
  readonly json?: boolean;
}

/** Puts references where secrets stand, as a plan says. All of it or nothing; a plan that would not resolve is refused. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward secrets apply --from plan.json --dry-run',
    'doorward secrets apply --from plan.json --allow-exec',
  ],

  describe(command) {
    command
      .requiredOption('--from <plan>', 'the file that doorward secrets configure --plan-out has written')
      .option('--dry-run', 'judge the plan and say what it would change; write nothing')
      .option('--allow-exec', 'run the programs that the plan refers to; without it such a plan is not carried out')
      .option('--keep-backups', 'leave copies of the changed files, with the secrets that move out of them');
  },

  async run({ options, world }) {
    const { parsePlan } = await import('../secrets/plan/parse-plan.js');
    const { dryRun = false, allowExec = false, keepBackups = false } = options;
    const report = await runPlan(() => parsePlan(planText(options.from)), world, { dryRun, allowExec, keepBackups });
    if (options.json) world.terminal.json(report);
    else showReport(report, world.terminal);
  },
};

function planText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw wrongUsage(`--from ${path} cannot be read: ${reasonOf(error)}`);
  }
}

/** What was done, or would be. */
export function showReport(
  { mode, changed, changedFiles, warnings, ...report }: ApplyReport,
  terminal: Terminal,
): void {
  warnings.forEach((warning) => terminal.warn(word(warning)));
  if (report.skippedExecRefs > 0) {
    terminal.warn(
      `${report.skippedExecRefs} references were not measured: --allow-exec runs the programs they refer to`,
    );
  }
  const tried = `${report.refsChecked} of ${report.targets} references resolve`;
  if (!changed) return terminal.result(`Nothing to change; ${tried}.`);
  const verb = mode === 'dry-run' ? 'Would change' : 'Changed';
  for (const file of changedFiles) terminal.result(`${verb} ${word(file)}`);
  terminal.result(mode === 'dry-run' ? `The plan can be carried out; ${tried}.` : `Done; ${tried}.`);
  if (report.backups !== null) terminal.result(`Copies from before, with the secrets: ${word(report.backups)}`);
  if (mode === 'write')
    terminal.say('A running gateway takes the change over; doorward secrets reload tells whether it did.');
}

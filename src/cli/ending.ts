import type { Command } from 'commander';
import { CliError } from './cli-error.js';
import type { World } from './command.js';
import { canAsk, confirm } from './prompt.js';

export interface EndingOptions {
  readonly yes?: boolean;
}

export const addYesOption = (command: Command): Command => command.option('-y, --yes', 'do not ask');

/** Asks a person before something ends. A script is not asked: it has said what it wants. Throws CliError for a no. */
export async function confirmEnding(question: string, { yes }: EndingOptions, world: World): Promise<void> {
  if (yes || !canAsk(world) || (await confirm(question, world))) return;
  throw new CliError('nothing was changed');
}

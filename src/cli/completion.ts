import { Argument, Command } from 'commander';
import type { CommandFile } from './command.js';
import { COMMANDS } from './commands.js';
import { type Completed, SCRIPTS, type Shell } from './completion-scripts.js';
import { describe, place } from './program.js';

/** Prints a script that completes commands and flags, made from the same list as the help. */
export const command: CommandFile = {
  examples: [
    'source <(doorward completion bash)',
    'doorward completion zsh > ~/.zfunc/_doorward',
    'doorward completion fish > ~/.config/fish/completions/doorward.fish',
  ],

  describe(command) {
    command.addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)));
  },

  async run({ words, world }) {
    world.terminal.writeOut(SCRIPTS[words[0] as Shell](await everything()));
  },
};

async function everything(): Promise<Completed[]> {
  const root = new Command('doorward');
  return Promise.all(
    COMMANDS.map(async (entry) => {
      const command = place(root, entry);
      describe(command, (await entry.load()).command);
      const flags = command.options.map(({ long }) => long).filter((long) => typeof long === 'string');
      return { path: entry.path, summary: entry.summary, flags: [...flags, '--help'] };
    }),
  );
}

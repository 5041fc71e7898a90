import { Command, CommanderError } from 'commander';
import { findEntry, normalise } from './argv.js';
import { EXIT } from './cli-error.js';
import type { Call, CommandFile, World } from './command.js';
import { COMMANDS, type Entry, GROUPS } from './commands.js';
import { report } from './failure.js';

const START = 'gateway run';

/** Runs one command line and answers with its exit code. Only the file of the command that is called is loaded. */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const words = normalise(argv);
  const called = findEntry(words);
  let exitCode: number = EXIT.done;
  const root = rootCommand(world);
  try {
    for (const entry of COMMANDS) {
      const command = place(root, entry);
      if (entry !== called) continue;
      const { command: file } = await entry.load();
      describe(command, file);
      command.action(async () => {
        const call = { words: command.args, options: command.opts() as never, world } satisfies Call<never>;
        exitCode = (await file.run(call)) ?? EXIT.done;
      });
    }
    if (words.length === 0) root.outputHelp();
    else await root.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has said what was wrong already; help and version also arrive here, with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const [json, verbose] = [words.includes('--json'), words.includes('--verbose')];
    return report(error, world.terminal, { json, verbose, starting: called?.path === START });
  }
}

/** Adds what the file says about its command. */
export function describe(command: Command, file: CommandFile): void {
  command.option('--json', 'print JSON');
  file.describe(command);
  const examples = file.examples.map((example) => `  $ ${example}`).join('\n');
  command.addHelpText('after', `\n${file.examples.length === 1 ? 'Example' : 'Examples'}:\n${examples}`);
}

/** The command of an entry at its place in the tree, its group made where it is missing. */
export function place(root: Command, { path, summary }: Entry): Command {
  const words = path.split(' ');
  const verb = words.pop()!;
  const group = words.reduce(
    (above, name, depth) =>
      above.commands.find((known) => known.name() === name) ?? newGroup(above, words.slice(0, depth + 1)),
    root,
  );
  return group.command(verb).description(summary).showHelpAfterError(`(doorward ${path} --help shows how)`);
}

function newGroup(above: Command, path: readonly string[]): Command {
  return above
    .command(path.at(-1)!)
    .description(GROUPS[path.join(' ')] ?? '')
    .helpCommand(false);
}

const ROOT_HELP = `
Examples:
  $ doorward onboard                     set a gateway up, for the first time or anew
  $ doorward gateway run                 start on 127.0.0.1:18789
  $ doorward status                      is it running, and how is it
  $ doorward tokens create --label ci    a token for one program
  $ doorward auth explain <requestId>    why was that request refused

Exit codes: 0 done, 1 failed, 2 wrong usage; 78: gateway run refuses the configuration.
Colour: NO_COLOR, FORCE_COLOR. Other gateways: --url, --token-file, --password-file.`;

function rootCommand({ terminal, version }: Pick<World, 'terminal' | 'version'>): Command {
  return new Command('doorward')
    .description('The front door of a fleet of AI agents: who may come in.')
    .version(version, '-V, --version')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .configureOutput({
      writeOut: (text) => terminal.writeOut(text),
      writeErr: (text) => terminal.writeTalk(text),
      getOutHasColors: () => terminal.colour,
      getErrHasColors: () => terminal.talkColour,
    })
    .showHelpAfterError('(doorward --help lists the commands)')
    .addHelpText('after', ROOT_HELP);
}

import { CliError, wrongUsage } from './cli-error.js';
import type { CommandFile, World } from './command.js';

interface Options {
  readonly command: string;
  readonly allowSymlink?: boolean;
  readonly set?: readonly string[];
}

/** Longer questions than the gateway asks are nobody's. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Stands between the gateway and a keeper of secrets: the protocol of `exec` providers on standard input and output, the
 * keeper's own command line behind. `secrets configure --preset` writes the provider that calls it.
 */
export const command: CommandFile<Options> = {
  examples: [
    `echo '{"protocolVersion":1,"provider":"vault","ids":["openclaw/openai#apiKey"]}' | doorward secrets resolver vault --command /usr/bin/vault --set mount=secret`,
  ],

  describe(command) {
    command
      .argument('<preset>', '1password, vault, openbao, sops, pass or infisical')
      .requiredOption('--command <path>', "the keeper's program, as an absolute path")
      .option('--allow-symlink', 'the program may be a symbolic link')
      .option('--set <name=value>', 'an option of the preset; may be repeated', collect);
  },

  async run({ words, options, world }) {
    const [{ PRESETS }, { completeOptions, OptionProblem }, { keeperAnswer, requestedIds }] = await Promise.all([
      import('../secrets/presets/index.js'),
      import('../secrets/presets/preset-provider.js'),
      import('../secrets/presets/keeper-answer.js'),
    ]);
    const preset = PRESETS.find(({ name }) => name === words[0]);
    if (!preset) throw wrongUsage('there is no such preset', `Known: ${PRESETS.map(({ name }) => name).join(', ')}`);
    try {
      const settings = completeOptions(preset, given(options.set ?? []));
      const program = await trusted(options);
      const ids = requestedIds(await question(world));
      if (!ids)
        throw new CliError('standard input holds no question of the protocol: {"protocolVersion":1,"ids":["…"]}');
      const env = Object.fromEntries(
        Object.entries(world.environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      );
      world.terminal.writeOut(
        `${JSON.stringify(await keeperAnswer(ids, { preset, options: settings, program, env }))}\n`,
      );
    } catch (error) {
      if (error instanceof OptionProblem) throw wrongUsage(`--set ${error.message}`);
      throw error;
    }
  },
};

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function given(settings: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    settings.map((setting) => {
      const at = setting.indexOf('=');
      if (at < 1) throw wrongUsage('--set takes name=value', 'Example: --set mount=secret');
      return [setting.slice(0, at), setting.slice(at + 1)];
    }),
  );
}

/** The keeper's program gets the same look as ours got from the gateway (S156). */
async function trusted({ command, allowSymlink = false }: Options): Promise<string> {
  const { isAbsolute } = await import('node:path');
  if (!isAbsolute(command)) throw wrongUsage('--command is an absolute path', 'Example: --command /usr/bin/vault');
  const { trustedCommand } = await import('../secrets/resolvers/trusted-command.js');
  const rules = { command, trustedDirs: [], allowSymlinkCommand: allowSymlink, allowInsecurePath: false };
  await trustedCommand(rules);
  return command; // by its own name: some programs look at it
}

async function question({ stdin }: World): Promise<string> {
  if (stdin.isTTY) throw new CliError('standard input is a terminal; the question is piped in');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BYTES) throw new CliError('the question is too long to be one of the gateway');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

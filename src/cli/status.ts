import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** One screen about a running gateway, as it describes itself. */
export const command: CommandFile<Options> = {
  examples: ['doorward status', 'doorward status --json'],

  describe: addTargetOptions,

  async run({ options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const status = await client.get('/api/v1/status');
    if (options.json) return world.terminal.json(status);

    const lines = [['gateway', client.target.url], ...flatten(record(status))];
    const width = Math.max(...lines.map(([name]) => name!.length));
    for (const [name, value] of lines)
      world.terminal.result(`${world.terminal.paint('bold', name!.padEnd(width))}  ${value}`);
  },
};

/** `{database: {mode}}` as `database mode`: every value with the path that leads to it, in words. */
function flatten(value: Readonly<Record<string, unknown>>, above: readonly string[] = []): string[][] {
  return Object.entries(value).flatMap(([name, entry]) => {
    const path = [...above, word(name)];
    if (Array.isArray(entry)) return [[path.join(' '), entry.map(word).join(', ') || 'none']];
    if (typeof entry === 'object' && entry !== null) return flatten(record(entry), path);
    return [[path.join(' '), word(entry) || '-']];
  });
}

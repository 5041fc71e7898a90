import { age } from './age.js';
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
    const { terminal } = world;
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const status = record(await client.get('/api/v1/status'));
    if (options.json) return terminal.json({ url: client.target.url, ...status });

    const failing = (Array.isArray(status['failing']) ? status['failing'] : []).map(record);
    const methods = Array.isArray(status['methods']) ? status['methods'].map(word) : [];
    const rows: [string, string][] = [
      ['Address', word(client.target.url)],
      ['Version', word(status['version'])],
      ['Up for', age(Number(status['uptimeMs']))],
      ['Ready', status['ready'] === true ? terminal.paint('green', 'yes') : terminal.paint('red', 'no')],
      ...failing.map(({ part, reason }): [string, string] => ['Failing', `${word(part)}: ${word(reason)}`]),
      ['Methods', methods.length === 0 ? 'none' : methods.join(' → ')],
      ['Database', word(status['database'])],
    ];
    for (const [name, value] of rows) terminal.result(`${name.padEnd(8)}  ${value}`);
  },
};

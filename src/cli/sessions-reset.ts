import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { addYesOption, confirmEnding, type EndingOptions } from './ending.js';
import { GatewayClient } from './gateway-client.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions, EndingOptions {
  readonly json?: boolean;
}

/** Begins a conversation anew. */
export const command: CommandFile<Options> = {
  examples: ['doorward sessions reset main', 'doorward sessions reset agent:main:main --yes'],

  describe(command) {
    addYesOption(command.argument('<key>', 'its key or id, as doorward sessions list shows it'));
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const key = words[0]!;
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    await confirmEnding(`Forget all that was said in ${word(key)}?`, options, world);
    const { session } = record(await client.post(`/api/v1/sessions/${encodeURIComponent(key)}/reset`, {}));
    if (options.json) world.terminal.json(session);
    else world.terminal.result(`${word(key)} begins anew: what was said and chosen in it is gone.`);
  },
};

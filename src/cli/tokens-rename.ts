import type { CommandFile } from './command.js';
import { record } from './answers.js';
import { GatewayClient } from './gateway-client.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** Gives a token another label; what is open with it goes on. */
export const command: CommandFile<Options> = {
  examples: ["doorward tokens rename 6d1f0f57-93f1-4f6a-8a35-0f6a1c1b2a77 'nightly build'"],

  describe(command) {
    command.argument('<id>', "the token's id, as doorward tokens list shows it").argument('<label>', 'its new label');
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const [id, label] = words;
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const renamed = await client.patch(`/api/v1/tokens/${encodeURIComponent(id!)}`, { label });
    if (options.json) world.terminal.json(renamed);
    else world.terminal.result(`Token ${word(id)} is now called ${word(record(renamed)['label'])}.`);
  },
};

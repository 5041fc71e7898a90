import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** Ends a token at once: its sockets are closed, its next request is refused. */
export const command: CommandFile<Options> = {
  examples: ['doorward tokens revoke 6d1f0f57-93f1-4f6a-8a35-0f6a1c1b2a77'],

  describe(command) {
    command.argument('<id>', "the token's id, as doorward tokens list shows it");
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const id = words[0]!;
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    await client.delete(`/api/v1/tokens/${encodeURIComponent(id)}`);
    if (options.json) world.terminal.json({ id, revoked: true });
    else world.terminal.result(`Token ${word(id)} is revoked.`);
  },
};

import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { showInvitation } from './invitation.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly owner?: string;
  readonly json?: boolean;
}

/** Makes a tenant, and asks its owner in: what to hand over to them goes to stdout. */
export const command: CommandFile<Options> = {
  examples: ['doorward tenants create Acme --owner ana@acme.example', 'doorward tenants create Acme --json'],

  describe(command) {
    command.argument('<name>', 'what it is called').option('--owner <email>', 'is invited as its owner');
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const { terminal } = world;
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const made = record(await client.post('/api/v1/tenants', { name: words[0], owner: options.owner }));
    if (options.json) return terminal.json(made);
    const sentence = `Made the tenant ${word(made['name'])} (${word(made['id'])})`;
    if (made['invitation'] === undefined) {
      terminal.result(sentence);
      return terminal.say(
        `Ask its owner in with: doorward users invite <email> --role owner --tenant ${word(made['id'])}`,
      );
    }
    terminal.say(sentence);
    showInvitation(made['invitation'], terminal);
  },
};

import type { Command } from 'commander';
import { SCOPES } from '../kernel/scopes.js';
import { record } from './answers.js';
import { CliError, wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { chosen, describeRequest, type Noun, pendingRequests } from './device-request.js';
import { GatewayClient } from './gateway-client.js';
import { canAsk, confirm } from './prompt.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly latest?: boolean;
  readonly scope?: string[];
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `approve` of either group. A person at a terminal sees who is asking and is asked; a script names the request. */
export const approving = (noun: Noun): CommandFile<Options> => ({
  examples: [
    `doorward ${noun} approve 6d1f0f57-93f1-4f6a-8a35-0f6a1c1b2a77`,
    `doorward ${noun} approve --latest`,
    ...(noun === 'devices' ? ['doorward devices approve --latest --scope operator.read --yes'] : []),
  ],

  describe(command: Command) {
    command
      .argument('[requestId]', `the request, as doorward ${noun} ${noun === 'nodes' ? 'pending' : 'list'} shows it`)
      .option('--latest', 'the newest request')
      .option('--scope <scope...>', `grant only these of the scopes asked: ${SCOPES.join(', ')}`)
      .option('-y, --yes', 'do not ask');
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const { terminal } = world;
    const isAsking = canAsk(world) && !options.yes;
    if (words[0] === undefined && !options.latest && !isAsking)
      throw wrongUsage('which request?', `Name it: doorward ${noun} approve <requestId>, or take --latest.`);
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const request = chosen(await pendingRequests(client, noun), { requestId: words[0], latest: options.latest }, noun);
    if (isAsking) {
      describeRequest(request, terminal, Date.now());
      if (!(await confirm('Let it in?', world)))
        throw new CliError('nothing was approved', {
          nextStep: `Turn it away with: doorward ${noun} reject ${word(request['requestId'])}`,
        });
    }

    const { requestId } = request;
    const path = `/api/v1/devices/pending/${encodeURIComponent(String(requestId))}/approve`;
    const approved = record(await client.post(path, { scopes: options.scope }));
    if (options.json) return terminal.json(approved);
    const { id, scopes } = record(approved['device']);
    terminal.result(`Approved ${word(id)} (${word(requestId)})`);
    terminal.say(
      `It holds ${Array.isArray(scopes) && scopes.length > 0 ? scopes.map(word).join(', ') : 'no operator scopes'}, and gets its token when it connects.`,
    );
  },
});

import { resolve } from 'node:path';
import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
  readonly newKeyFile?: string;
}

/** New keys for the secrets in the database: everything is sealed anew, and stays readable all the time. */
export const command: CommandFile<Options> = {
  examples: ['doorward keys rotate', 'doorward keys rotate --new-key-file /etc/doorward/encryption-key'],

  describe(command) {
    command.option(
      '--new-key-file <path>',
      'replace the encryption key too, by 64 hex characters in a file of the machine of the gateway',
    );
    addTargetOptions(command);
  },

  async run({ options, world }) {
    const target = requireCredential(await findTarget(options, world));
    const client = new GatewayClient(target);
    const { newKeyFile: path } = options;
    // A relative path is one of this machine; another gateway is told what was typed, and refuses what it cannot mean.
    const newKeyFile = path === undefined || !target.isLocal ? path : resolve(path);
    const answer = record(
      await client.post('/api/v1/keys/rotate', { ...(newKeyFile !== undefined && { newKeyFile }) }),
    );
    if (options.json) return world.terminal.json(answer);
    world.terminal.result(`Secrets are sealed with the data key ${word(answer['dataKey'])} from now on.`);
    world.terminal.say(`Agents whose profiles were sealed anew: ${word(answer['resealed'])}`);
    if (answer['encryptionKey'] === undefined) return;
    const { id, mustBeConfigured } = record(answer['encryptionKey']);
    world.terminal.result(`The encryption key is ${word(id)} from now on.`);
    if (mustBeConfigured === true) {
      world.terminal.warn(
        'the configuration still names the old key: set database.encryptionKey (DOORWARD_ENCRYPTION_KEY_FILE) to the new one for every gateway, before the next start',
      );
    }
  },
};

import { SCOPES } from '../kernel/scopes.js';
import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { parseDuration } from './duration.js';
import { GatewayClient } from './gateway-client.js';
import { addDeviceOption, type DeviceOptions, devicePath, namedDevice } from './named-device.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions, DeviceOptions {
  readonly role?: string;
  readonly scope?: string[];
  readonly grace?: string;
  readonly deliver?: boolean;
  readonly json?: boolean;
}

/** Replaces a token of a device. With `--deliver` the new one alone goes to stdout, so that it can be piped. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward devices rotate 3f0c-5a8e-6f0e-4c1e --grace 10m',
    'doorward devices rotate --device 3f0c-5a8e-6f0e-4c1e --role operator --scope operator.read',
    'doorward devices rotate 3f0c-5a8e-6f0e-4c1e --deliver > token.txt',
  ],

  describe(command) {
    addDeviceOption(command)
      .option('--role <role>', 'operator, node or webchat; needed where the device has several')
      .option('--scope <scope...>', `narrow it to: ${SCOPES.join(', ')}`)
      .option('--grace <duration>', 'how long the old token stays good, such as 10m (it ends at once unless told)')
      .option('--deliver', 'print the new token; needs operator.admin');
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const [device] = namedDevice(words, options);
    const { role, scope: scopes, deliver } = options;
    const graceMs = options.grace === undefined ? undefined : parseDuration(options.grace) * 1000;
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const path = await devicePath(client, device);
    const rotated = record(await client.post(`${path}/token/rotate`, { role, scopes, graceMs, deliver }));
    if (options.json) return world.terminal.json(rotated);

    const { token } = rotated;
    if (typeof token === 'string') world.terminal.result(token);
    const sentence = `Rotated the ${word(rotated['role'])} token of ${word(rotated['deviceId'])}`;
    if (typeof token === 'string') world.terminal.say(`${sentence}. It is shown this once.`);
    else world.terminal.result(`${sentence}; the device gets its new one when it next connects with its key.`);
  },
};

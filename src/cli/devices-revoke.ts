import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addDeviceOption, type DeviceOptions, devicePath, namedDevice } from './named-device.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions, DeviceOptions {
  readonly role?: string;
  readonly json?: boolean;
}

/** Ends the token of a device in one role. What was revoked does not heal by itself. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward devices revoke 3f0c-5a8e-6f0e-4c1e',
    'doorward devices revoke --device 3f0c-5a8e-6f0e-4c1e --role node',
  ],

  describe(command) {
    addDeviceOption(command).option('--role <role>', 'operator, node or webchat; needed where the device has several');
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const [device] = namedDevice(words, options);
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const path = await devicePath(client, device);
    const revoked = record(await client.post(`${path}/token/revoke`, { role: options.role }));
    if (options.json) world.terminal.json(revoked);
    else world.terminal.result(`Revoked the ${word(revoked['role'])} token of ${word(revoked['deviceId'])}`);
  },
};

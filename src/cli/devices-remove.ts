import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addDeviceOption, type DeviceOptions, devicePath, namedDevice } from './named-device.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions, DeviceOptions {
  readonly json?: boolean;
}

/** Takes a device out of service: its tokens end and its sockets are closed. Only a person lets it in again. */
export const command: CommandFile<Options> = {
  examples: ['doorward devices remove 3f0c-5a8e-6f0e-4c1e'],

  describe(command) {
    addDeviceOption(command);
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const [device] = namedDevice(words, options);
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const path = await devicePath(client, device);
    await client.delete(path);
    const deviceId = decodeURIComponent(path.split('/').at(-1)!);
    if (options.json) world.terminal.json({ deviceId, removed: true });
    else world.terminal.result(`Removed ${word(deviceId)}`);
  },
};

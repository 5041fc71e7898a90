import { record } from './answers.js';
import { wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addDeviceOption, type DeviceOptions, devicePath, namedDevice } from './named-device.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions, DeviceOptions {
  readonly name?: string;
  readonly json?: boolean;
}

/** Gives a device the name that people see. */
export const command: CommandFile<Options> = {
  examples: [
    `doorward devices rename 3f0c-5a8e-6f0e-4c1e "Ana's phone"`,
    'doorward devices rename --device 3f0c-5a8e-6f0e-4c1e --name phone',
  ],

  describe(command) {
    addDeviceOption(command).argument('[name]', 'its new name').option('--name <name>', 'the same, as an option');
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const [device, name = options.name] = namedDevice(words, options);
    if (name === undefined) throw wrongUsage('which name?', 'Give it behind the device, or by --name.');
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const renamed = record(await client.patch(await devicePath(client, device), { displayName: name }));
    if (options.json) world.terminal.json(renamed);
    else world.terminal.result(`Renamed ${word(renamed['id'])} to ${word(renamed['displayName'])}`);
  },
};

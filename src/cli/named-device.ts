import type { Command } from 'commander';
import { CliError, wrongUsage } from './cli-error.js';
import { beginningOf } from './fingerprint.js';
import type { GatewayClient } from './gateway-client.js';
import { allItems } from './pages.js';
import { word } from './terminal.js';

/** `<device>` and `--device`, as clients of the family spell it. */
export interface DeviceOptions {
  readonly device?: string;
}

export function addDeviceOption(command: Command): Command {
  return command
    .argument('[device]', "the device's id, or the fingerprint that doorward devices list shows")
    .option('--device <device>', 'the same, as an option');
}

/** The path of the device that is meant. A fingerprint is looked up. Throws CliError when it is none or several. */
export async function devicePath(client: GatewayClient, typed: string): Promise<string> {
  return `/api/v1/devices/${encodeURIComponent(await deviceId(client, typed))}`;
}

async function deviceId(client: GatewayClient, typed: string): Promise<string> {
  const beginning = beginningOf(typed);
  if (beginning === undefined) return typed;
  const ids = (await allItems(client, '/api/v1/devices')).map(({ id }) => String(id));
  const found = ids.filter((id) => id === typed || id.startsWith(beginning));
  if (found.length === 1) return found[0]!;
  throw new CliError(
    `${found.length === 0 ? 'no device' : `${found.length} devices`} with the fingerprint ${word(typed)}`,
    {
      code: 'not_found',
      nextStep: found.length === 0 ? 'See: doorward devices list' : `Give the whole id: ${found.join(', ')}`,
    },
  );
}

/** The device that was named, in one of the two ways, and the words that follow it. Throws CliError for none. */
export function namedDevice(words: readonly string[], { device }: DeviceOptions): [device: string, ...rest: string[]] {
  const [named, ...rest] = device === undefined ? words : [device, ...words];
  if (named === undefined)
    throw wrongUsage('which device?', 'Name it by its id or its fingerprint: doorward devices list');
  return [named, ...rest];
}

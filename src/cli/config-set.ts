import type { SettingAt } from '../config/setting-at.js';
import { changeConfig, keysOfPath, reportChange } from './change-config.js';
import { wrongUsage } from './cli-error.js';
import type { CommandFile, World } from './command.js';
import { addValueOptions, askedValue, givenValue, type ValueOptions } from './given-value.js';
import { word } from './terminal.js';
import { typedValue } from './typed-value.js';

interface Options extends ValueOptions {
  readonly json?: boolean;
}

/** Writes one setting into the config file, comments and format untouched, if the whole is good then (contract section 1). */
export const command: CommandFile<Options> = {
  examples: [
    'doorward config set gateway.port 18790',
    'doorward config set gateway.trustedProxies 10.0.0.1,10.0.0.2',
    'openssl rand -hex 24 | doorward config set gateway.auth.token --stdin',
    'doorward configure set models.providers.my-provider.apiKey "sk-new-key"',
  ],

  describe(command) {
    command.argument('<path>', 'which setting, such as gateway.auth.mode');
    command.argument('[value]', 'what it is to be; a secret is better given by --stdin or --file, or when asked');
    addValueOptions(command, 'value');
  },

  async run({ words, options, world }) {
    const [path = '', argument] = words;
    const keys = await keysOfPath(path);
    const setting = await settingOf(keys, world);
    const text = await valueOf(path, argument, options, setting, world);
    const value = await typedValue(text, setting);
    if (setting?.isSecret && argument !== undefined && typeof value === 'string' && !/^\$\{[A-Z0-9_]+\}$/.test(value)) {
      process.title = 'doorward config set'; // the argument, in the list of processes
      world.terminal.warn(
        `${word(path)} is a secret, and arguments are seen by others (process list, history of the shell): next time use --stdin, --file, or leave the value out to be asked`,
      );
    }
    const changed = await changeConfig(() => [{ keys, value }], world);
    if (options.json) return world.terminal.json({ path, ...changed });
    reportChange(changed, `Set ${word(path)}.`, world);
  },
};

async function valueOf(
  path: string,
  argument: string | undefined,
  options: ValueOptions,
  setting: SettingAt | undefined,
  world: World,
): Promise<string> {
  if (argument !== undefined && (options.stdin || options.file !== undefined)) {
    throw wrongUsage('the value was given in two ways; use one of them');
  }
  const value = argument ?? (await givenValue(options, world));
  if (value !== undefined) return value;
  if (setting?.isSecret) return askedValue(word(path), world);
  throw wrongUsage('the value is missing', `Example: doorward config set ${word(path)} <value>`);
}

/** Loaded when it is needed: what knows every setting knows every part of the gateway. */
async function settingOf(keys: readonly string[], world: World): Promise<SettingAt | undefined> {
  const [{ settingAt }, { settings }] = await Promise.all([import('../config/setting-at.js'), world.gatewayParts()]);
  return settingAt(settings, keys);
}

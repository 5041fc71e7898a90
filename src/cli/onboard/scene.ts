import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ConfigError } from '../../config/config-error.js';
import { DEFAULT_CONFIG_NAME } from '../../config/config-file.js';
import { Environment, type FoundVariable } from '../../config/environment.js';
import { CLIENT_SETTINGS, type ClientSetting, readSettings, type ReadSettings } from '../../config/read-settings.js';
import { CliError } from '../cli-error.js';
import type { World } from '../command.js';
import type { Conversation } from '../conversation.js';
import { word } from '../terminal.js';
import type { OnboardOptions } from './options.js';

/** The settings that are asked about, and the variables that are stronger than the file. */
const SETTINGS: Readonly<Record<string, ClientSetting>> = {
  ...CLIENT_SETTINGS,
  'gateway.auth.mode': { env: 'GATEWAY_AUTH_MODE' },
  'gateway.tailscale.mode': { env: 'GATEWAY_TAILSCALE_MODE' },
};

/** `new`: there is no file yet. */
export type Mode = 'new' | NonNullable<OnboardOptions['mode']>;

/** What there is to begin with. */
export interface Scene {
  readonly file: string;
  readonly mode: Mode;
  /** What holds; of a file that is begun anew nothing. */
  readonly settings: ReadSettings;
  /** In which commands see the same. */
  readonly world: World;
}

/** Looks at the config file and settles what becomes of it. Throws ConfigError for one that cannot be read, unless it goes. */
export async function openScene(options: OnboardOptions, talk: Conversation | undefined, world: World): Promise<Scene> {
  const { file, settings, broken } = await look(world);
  const exists = existsSync(file);
  world.terminal.say(`Config file: ${word(file)} (${exists ? 'it exists' : 'it does not exist yet'})`);
  if (!exists && settings) return { file, mode: 'new', settings, world };
  if (broken) world.terminal.say(broken.message);
  const mode = options.mode ?? (talk ? await askMode(talk, broken !== undefined) : 'keep');
  if (mode !== 'reset') {
    if (settings) return { file, mode, settings, world };
    throw broken!;
  }
  await confirmReset(options, talk);
  const apart = withoutFile(file, world);
  return { file, mode, settings: await readSettings(new Environment(apart.environment), SETTINGS), world: apart };
}

/** The variable that is stronger than what the file says at a path. */
export function strongerVariable(path: string, { settings: { environment } }: Scene): FoundVariable | undefined {
  const env = SETTINGS[path]?.env;
  return env === undefined ? undefined : (environment.find(env) ?? environment.find(`${env}_FILE`));
}

interface Found {
  readonly file: string;
  readonly settings?: ReadSettings;
  /** Why there are no settings. */
  readonly broken?: ConfigError;
}

async function look({ environment }: World): Promise<Found> {
  try {
    const settings = await readSettings(new Environment(environment), SETTINGS);
    return { file: settings.configPath ?? join(settings.stateDir, DEFAULT_CONFIG_NAME), settings };
  } catch (error) {
    if (!(error instanceof ConfigError) || error.file === undefined) throw error;
    return { file: error.file, broken: error };
  }
}

async function askMode(talk: Conversation, isBroken: boolean): Promise<Mode> {
  const reset = { label: 'Reset: begin anew; the file that is there is kept beside it', value: 'reset' } as const;
  const leave = { label: 'Leave it as it is, and end', value: undefined } as const;
  const mode = await (isBroken
    ? talk.choose('What is to become of it?', [reset, leave])
    : talk.choose<Mode | undefined>('What is to become of it?', [
        { label: 'Keep: change nothing in it, add what is missing', value: 'keep' },
        { label: 'Modify: go through it, with what it says as the default', value: 'modify' },
        reset,
        leave,
      ]));
  if (mode === undefined) throw new CliError('nothing was changed');
  return mode;
}

/** A script has said so by naming the mode, as with whatever else ends something. */
async function confirmReset({ yes }: OnboardOptions, talk: Conversation | undefined): Promise<void> {
  if (yes || !talk || (await talk.confirm('Begin anew, without anything that the file says now?'))) return;
  throw new CliError('nothing was changed');
}

/** The world as it would be without the file: its path leads nowhere. */
function withoutFile(file: string, world: World): World {
  const nowhere = join(dirname(file), `.${basename(file)}.begun-anew`);
  return { ...world, environment: { ...world.environment, DOORWARD_CONFIG_PATH: nowhere } };
}

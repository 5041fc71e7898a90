import type { ChangedConfig } from '../change-config.js';
import { changeConfig, restartConfig } from '../change-config.js';
import { CliError } from '../cli-error.js';
import type { World } from '../command.js';
import { stored } from '../model-login.js';
import { word } from '../terminal.js';
import type { Draft } from './draft.js';
import type { NewLogin } from './model-answers.js';

export interface Written extends ChangedConfig {
  /** Where the file that was begun anew is kept. */
  readonly backup?: string;
  /** Where the key of a model provider went. */
  readonly credential?: string;
}

/** One change of the config file, judged as a whole before; then the key, which stands in another file. Throws ConfigError. */
export async function write(draft: Draft, model: NewLogin | undefined, world: World): Promise<Written> {
  const { file, mode } = draft.scene;
  const changed = await (mode === 'reset'
    ? restartConfig(file, draft.edits({}), world)
    : changeConfig(draft.edits, world));
  // A file that is left as it is was not judged on the way.
  if (!changed.changed) await world.checkConfig(world.environment);
  if (!model) return changed;
  const { login, agent, local } = model;
  try {
    await stored(login, agent.id, local, draft.scene.world);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`the config file is written, but ${word(login.id)} could not be stored: ${word(reason)}`, {
      nextStep: `Store it with: doorward models auth add --provider ${login.profile.provider}`,
    });
  }
  return { ...changed, credential: local.files?.describe(agent.id) ?? 'the database' };
}

import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { MAIN_AGENT } from '../credentials/agent-id.js';
import type { Agent } from '../credentials/agents.js';
import { removedAgents } from '../credentials/removed-agents.js';
import { placeOfAgent } from './agent-place.js';
import { changeConfig } from './change-config.js';
import { CliError } from './cli-error.js';
import type { CommandFile } from './command.js';
import { addYesOption, confirmEnding, type EndingOptions } from './ending.js';
import { namedAgent, openModels } from './local-models.js';
import { word } from './terminal.js';

/** Takes an agent away. What it had is set aside, not destroyed: a person may find out later that it was needed. */
export const command: CommandFile<EndingOptions & { readonly json?: boolean }> = {
  examples: ['doorward agents remove work', 'doorward agents remove work --yes'],

  describe(command) {
    addYesOption(command.argument('<id>', 'which agent'));
  },

  async run({ words, options, world }) {
    const { terminal } = world;
    const local = await openModels(world);
    const agent = namedAgent(local, words[0] ?? '');
    if (agent.id === MAIN_AGENT) {
      throw new CliError(`"${MAIN_AGENT}" stays: the other agents inherit its credentials`, { code: 'conflict' });
    }
    await confirmEnding(`Remove agent "${agent.id}"? Its credentials are set aside.`, options, world);
    await changeConfig((tree) => {
      const keys = placeOfAgent(tree, agent.id, local);
      return keys ? [{ keys, remove: true }] : [];
    }, world);

    const backup = setAside(agent, local.settings.stateDir);
    if (options.json) return terminal.json({ id: agent.id, removed: true, backup: backup ?? null });
    terminal.result(`Removed agent "${agent.id}".`);
    if (backup !== undefined) terminal.result(`Its files are now in ${word(backup)}.`);
    if (agent.directory !== undefined) terminal.say(`Its own directory was left as it is: ${word(agent.directory)}`);
    if (agent.isDefault) terminal.warn('it was the default agent; the first one of the list is now');
  },
};

/** A directory that the configuration named is the person's own, and stays. */
function setAside({ id, directory }: Agent, stateDir: string): string | undefined {
  const folder = join(stateDir, 'agents', id);
  if (directory !== undefined || !existsSync(folder)) return undefined;
  const backups = removedAgents(stateDir);
  mkdirSync(backups, { recursive: true, mode: 0o700 });
  const backup = join(backups, `${id}-${new Date().toISOString().replace(/[:.]/g, '-')}`);
  renameSync(folder, backup);
  return backup;
}

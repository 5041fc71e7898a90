import { modelRefText } from '../credentials/model-ref.js';
import { usableProfiles } from '../credentials/local/local-status.js';
import type { CommandFile } from './command.js';
import { openModels } from './local-models.js';
import { table } from './table.js';
import { word } from './terminal.js';

/** The agents, what each asks, and how many profiles it has of its own and from the main agent. */
export const command: CommandFile<{ readonly json?: boolean }> = {
  examples: ['doorward agents list', 'doorward agents list --json'],

  describe() {},

  async run({ options, world }) {
    const { terminal } = world;
    const { agents, files } = await openModels(world);
    const all = await Promise.all(
      [...agents.values()].map(async ({ id, name, isDefault, primary, fallbacks }) => {
        const own = Object.keys((await files?.read(id))?.profiles ?? {});
        const usable = files ? Object.keys((await usableProfiles(files, id)).profiles) : [];
        return {
          id,
          name: name ?? null,
          default: isDefault,
          model: primary ? modelRefText(primary) : null,
          fallbacks: fallbacks.map(modelRefText),
          store: files?.describe(id) ?? 'the database',
          profiles: own,
          inherited: usable.filter((profile) => !own.includes(profile)),
        };
      }),
    );
    if (options.json) return terminal.json({ agents: all });
    const rows = all.map((agent) => [
      word(agent.id),
      agent.default ? 'yes' : '',
      word(agent.name),
      word(agent.model),
      files ? `${agent.profiles.length} own, ${agent.inherited.length} inherited` : 'in the database',
    ]);
    terminal.result(table(['AGENT', 'DEFAULT', 'NAME', 'MODEL', 'PROFILES'], rows));
  },
};

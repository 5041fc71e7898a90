import { aliasesOf } from '../credentials/agent-list.js';
import type { Agent } from '../credentials/agents.js';
import type { LocalCredentials } from '../credentials/local/open-local.js';
import { modelRefText, parseModelRef } from '../credentials/model-ref.js';
import { providersOf } from '../credentials/provider-list.js';
import type { ConfigEdit } from '../config/edit/tree-edit.js';
import { isTree, valueAt } from '../config/tree.js';
import { changeConfig, reportChange } from './change-config.js';
import { wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { namedAgent, openModels } from './local-models.js';
import { word } from './terminal.js';

interface Options {
  readonly agent?: string;
  readonly json?: boolean;
}

/** Says which model is asked first: by all agents that name none of their own, or by one. */
export const command: CommandFile<Options> = {
  examples: ['doorward models set anthropic/claude-sonnet-4-5', 'doorward models set openai/gpt-5 --agent work'],

  describe(command) {
    command.argument('<model>', 'as provider/model, or a name that agents.defaults.models gives it');
    command.option('--agent <id>', 'for this agent alone');
  },

  async run({ words, options, world }) {
    const local = await openModels(world);
    const ref = modelNamed(words[0] ?? '', local);
    const agent = options.agent === undefined ? undefined : namedAgent(local, options.agent);
    const changed = await changeConfig([primaryEdit(ref, agent, local)], world);
    if (options.json) return world.terminal.json({ model: ref, agent: agent?.id ?? null, ...changed });
    reportChange(changed, `${agent ? `Agent "${agent.id}" asks` : 'Agents ask'} ${ref} first.`, world);
  },
};

/** Sets the first model and leaves what people wrote beside it: fallbacks are none of its business. */
export function primaryEdit(ref: string, agent: Agent | undefined, { settings, config }: LocalCredentials): ConfigEdit {
  const index = agent ? config.agents.findIndex(({ id }) => id.toLowerCase() === agent.id) : -1;
  const keys = index < 0 ? ['agents', 'defaults', 'model'] : ['agents', 'list', String(index), 'model'];
  const list = valueAt(settings.tree, 'agents.list');
  const entry: unknown = index < 0 ? valueAt(settings.tree, 'agents.defaults') : (list as unknown[])[index];
  const written = isTree(entry) ? entry['model'] : undefined;
  return { keys: isTree(written) ? [...keys, 'primary'] : keys, value: ref };
}

function modelNamed(text: string, { config }: LocalCredentials): string {
  const providers = providersOf(config);
  const meant = aliasesOf(config).get(text.trim().toLowerCase()) ?? text;
  const ref = parseModelRef(meant, (id) => providers.has(id));
  if (!ref) throw wrongUsage(`not a model: ${word(text)}`, 'Write it as provider/model, such as openai/gpt-5.');
  if (providers.has(ref.provider)) return modelRefText(ref);
  throw wrongUsage(
    `no such provider: ${word(ref.provider)}`,
    `There is: ${[...providers.keys()].join(', ')}. Others need models.providers.<id>.baseUrl.`,
  );
}

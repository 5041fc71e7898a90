import { aliasesOf } from '../credentials/agent-list.js';
import type { Agent } from '../credentials/agents.js';
import type { LocalCredentials } from '../credentials/local/open-local.js';
import { modelRefText, parseModelRef } from '../credentials/model-ref.js';
import { providersOf } from '../credentials/provider-list.js';
import type { ConfigEdit } from '../config/edit/tree-edit.js';
import { isTree, type Tree } from '../config/tree.js';
import { placeOfAgent } from './agent-place.js';
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
    const changed = await changeConfig((tree) => [primaryEdit(ref, agent, tree, local)], world);
    if (options.json) return world.terminal.json({ model: ref, agent: agent?.id ?? null, ...changed });
    reportChange(changed, `${agent ? `Agent "${agent.id}" asks` : 'Agents ask'} ${ref} first.`, world);
  },
};

/** Sets the first model and leaves what people wrote beside it: fallbacks are none of its business. */
export function primaryEdit(ref: string, agent: Agent | undefined, tree: Tree, local: LocalCredentials): ConfigEdit {
  const place = agent && placeOfAgent(tree, agent.id, local);
  const keys = [...(place ?? ['agents', 'defaults']), 'model'];
  const written = keys.reduce<unknown>((value, key) => (value as Tree | undefined)?.[key], tree);
  return { keys: isTree(written) ? [...keys, 'primary'] : keys, value: ref };
}

/** The model that a word means, as `provider/model`. Throws CliError for none, and for one of a provider that nobody knows. */
export function modelNamed(text: string, { config }: LocalCredentials): string {
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

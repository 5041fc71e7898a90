import { aliasesOf } from '../credentials/agent-list.js';
import { localStatus } from '../credentials/local/local-status.js';
import { isClosed } from '../credentials/status/model-status.js';
import { modelRefText } from '../credentials/model-ref.js';
import { providersOf } from '../credentials/provider-list.js';
import type { CommandFile } from './command.js';
import { namedAgent, openModels } from './local-models.js';
import { table } from './table.js';
import { word } from './terminal.js';

interface Options {
  readonly agent?: string;
  readonly json?: boolean;
}

interface Listed {
  readonly model: string;
  readonly name: string | null;
  readonly alias: string | null;
  /** Whether something opens its provider; null where the gateway alone knows. */
  readonly available: boolean | null;
  /** `default`, `fallback 1`, …, or nothing. */
  readonly use: string | null;
}

/** The models that an agent asks, and those that the configuration names; others can be asked for all the same. */
export const command: CommandFile<Options> = {
  examples: ['doorward models list', 'doorward models list --agent work --json'],

  describe(command) {
    command.option('--agent <id>', 'another agent than the default one');
  },

  async run({ options, world }) {
    const { terminal } = world;
    const local = await openModels(world);
    const { id, primary, fallbacks } = namedAgent(local, options.agent);
    const { providers } = await localStatus(local, id, Date.now());
    const open = new Set(providers.filter((one) => !isClosed(one)).map((one) => one.id));
    const aliases = [...aliasesOf(local.config)];
    const known = [...providersOf(local.config).values()].flatMap((provider) =>
      provider.models.map((model) => ({
        ref: modelRefText({ provider: provider.id, model: model.id }),
        name: model.name,
      })),
    );
    const used = [...(primary ? [primary] : []), ...fallbacks].map(modelRefText);
    const refs = [...new Set([...used, ...known.map(({ ref }) => ref), ...aliases.map(([, ref]) => ref)])];
    const models = refs.map((ref): Listed => {
      const place = used.indexOf(ref);
      return {
        model: ref,
        name: known.find((one) => one.ref === ref)?.name ?? null,
        alias: aliases.find(([, target]) => target === ref)?.[0] ?? null,
        available: open.has(ref.split('/')[0]!) || (local.files ? false : null),
        use: place < 0 ? null : place === 0 && primary ? 'default' : `fallback ${place}`,
      };
    });
    if (options.json) return terminal.json({ agent: id, models });
    if (models.length === 0) {
      terminal.result(`No model is named for agent "${id}". Set one with: doorward models set anthropic/<model>`);
      return;
    }
    const rows = models.map(({ model, alias, use, available }) => [
      word(model),
      word(alias),
      use ?? '',
      available === null ? 'ask the gateway' : available ? 'yes' : 'no credential',
    ]);
    terminal.result(table(['MODEL', 'ALIAS', 'USED AS', 'AVAILABLE'], rows));
  },
};

import { age } from './age.js';
import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { allItems, type Row } from './pages.js';
import { table } from './table.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
  readonly agent?: string;
}

/** Conversations, the last used first. */
export const command: CommandFile<Options> = {
  examples: ['doorward sessions list', "doorward sessions list --agent main --json | jq -r '.[].key'"],

  describe(command) {
    addTargetOptions(command.option('--agent <id>', 'those of one agent'));
  },

  async run({ options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const query = options.agent === undefined ? '' : `?agent=${encodeURIComponent(options.agent)}`;
    const sessions = await allItems(client, `/api/v1/sessions${query}`);
    if (options.json) return world.terminal.json(sessions);
    if (sessions.length === 0) return world.terminal.say('Nothing was said yet.');

    const now = Date.now();
    const rows = sessions.map((session) => [
      word(session['key']),
      word(session['label']),
      modelOf(session),
      word(session['totalTokens']),
      age(now - Number(session['updatedAt'])),
      word(record(record(session['owner'])['actor'])['id']),
    ]);
    world.terminal.result(table(['KEY', 'LABEL', 'MODEL', 'TOKENS', 'USED', 'OWNER'], rows));
  },
};

/** With the profile that was chosen for it. */
function modelOf({ modelProvider, model, authProfileOverride }: Row): string {
  if (model === undefined) return '';
  const profile = authProfileOverride === undefined ? '' : `@${word(authProfileOverride)}`;
  return `${word(modelProvider)}/${word(model)}${profile}`;
}

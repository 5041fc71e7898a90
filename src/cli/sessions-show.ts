import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import type { Row } from './pages.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
  readonly limit?: string;
}

const USUAL_LIMIT = '50';

/** What was said in a conversation, the oldest first. */
export const command: CommandFile<Options> = {
  examples: ['doorward sessions show main', 'doorward sessions show agent:main:main --limit 200'],

  describe(command) {
    command
      .argument('<key>', 'its key or id, as doorward sessions list shows it')
      .option('--limit <n>', 'the last so many messages', USUAL_LIMIT);
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const limit = encodeURIComponent(options.limit ?? USUAL_LIMIT);
    const history = record(await client.get(`/sessions/${encodeURIComponent(words[0]!)}/history?limit=${limit}`));
    if (options.json) return world.terminal.json(history);

    const messages = Array.isArray(history['messages']) ? history['messages'].map(record) : [];
    if (messages.length === 0) return world.terminal.say('Nothing was said yet.');
    for (const message of messages) {
      world.terminal.result(`${world.terminal.paint('bold', headOf(message))}\n${textOf(message)}\n`);
    }
    if (history['hasMore'] === true) world.terminal.say('There is more before it: see --limit.');
  },
};

/** Who said it, when, and what is to be known of an answer. */
function headOf({ role, timestamp, provider, model, cut }: Row): string {
  const when = new Date(Number(timestamp)).toISOString();
  const who = model === undefined ? word(role) : `${word(provider)}/${word(model)}`;
  return `${when}  ${who}${cut === undefined ? '' : `  (cut short: ${word(cut)})`}`;
}

/** Line by line: a line end is the only thing of theirs that moves the cursor. */
function textOf({ content }: Row): string {
  const parts = Array.isArray(content) ? content.map((part) => record(part)['text']) : [];
  return parts
    .join('')
    .split('\n')
    .map((line) => `  ${word(line)}`.trimEnd())
    .join('\n');
}

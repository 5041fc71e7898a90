import { wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

/** Connects as `control`, calls one method, prints its result as JSON. */
export const command: CommandFile<TargetOptions> = {
  examples: [
    'doorward gateway call health',
    `doorward gateway call system-presence '{}'`,
    'doorward gateway call rpc.discover',
  ],

  describe(command) {
    command.argument('<method>', 'the method, such as health').argument('[params]', 'its parameters as a JSON object');
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const [method, params] = words;
    const parameters = parseParameters(params);
    const target = requireCredential(await findTarget(options, world));
    const { callMethod } = await import('./ws-call.js');
    world.terminal.json(await callMethod(target, { method: method!, params: parameters, version: world.version }));
  },
};

function parseParameters(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below, in the same words: the text may hold a secret and is not repeated.
  }
  throw wrongUsage(
    `the parameters of a method are one JSON object`,
    `Example: doorward gateway call ${word('chat.history')} '{"limit": 5}'`,
  );
}

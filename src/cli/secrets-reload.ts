import { record } from './answers.js';
import { wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly timeout: string;
  readonly json?: boolean;
}

/** Providers may take their time: two minutes each is what they are allowed. */
const TIMEOUT_S = '150';

/** All secrets anew, or none: a provider that fails leaves what was in use, and exit 1. */
export const command: CommandFile<Options> = {
  examples: ['doorward secrets reload', 'doorward secrets reload --json'],

  describe(command) {
    command.option('--timeout <seconds>', 'how long the gateway may take', TIMEOUT_S);
    addTargetOptions(command);
  },

  async run({ options, world }) {
    const { terminal } = world;
    const target = requireCredential(await findTarget(options, world));
    const client = new GatewayClient(target, millisecondsOf(options.timeout));
    const answer = record(await client.post('/api/v1/secrets/reload', {}));
    const warnings = Array.isArray(answer['warnings']) ? answer['warnings'].map(String) : [];
    if (options.json) return terminal.json({ ok: true, ...answer, warningCount: warnings.length, warnings });

    warnings.forEach((warning) => terminal.warn(word(warning)));
    const { version, resolved, inactive } = answer;
    const idle = Number(inactive) > 0 ? `, ${word(inactive)} that nobody needs` : '';
    terminal.result(
      `Reloaded: ${word(resolved)} references followed${idle}; version ${word(version)} of the configuration`,
    );
  },
};

function millisecondsOf(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,4}(\.\d+)?$/.test(text.trim()) && seconds > 0) return seconds * 1000;
  throw wrongUsage('--timeout is a number of seconds', 'Example: --timeout 30');
}

import { SCOPES } from '../kernel/scopes.js';
import { record } from './answers.js';
import { CliError } from './cli-error.js';
import type { CommandFile } from './command.js';
import { parseDuration } from './duration.js';
import { GatewayClient } from './gateway-client.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly user?: string;
  readonly role?: string;
  readonly label?: string;
  readonly expiresIn?: string;
  readonly scope?: string[];
  readonly json?: boolean;
}

/** Issues a gateway token. The token alone goes to stdout, so that it can be piped to where it is kept. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward tokens create --user ada@example.com --role member --expires-in 30d > token.txt',
    'doorward tokens create --label ci --scope operator.read --json',
  ],

  describe(command) {
    command
      .option('--user <email>', 'whose token it is')
      .option('--role <role>', 'what the user may do: owner, admin, member or viewer')
      .option('--label <text>', 'what it is for, shown in lists')
      .option('--expires-in <duration>', 'how long it lasts: 90s, 30m, 12h, 7d (an hour unless told)')
      .option('--scope <scope...>', `narrow it to: ${SCOPES.join(', ')}`);
    addTargetOptions(command);
  },

  async run({ options, world }) {
    const { terminal } = world;
    const { user, role, label, scope: scopes } = options;
    const expiresIn = options.expiresIn === undefined ? undefined : parseDuration(options.expiresIn);
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const issued = record(await client.post('/api/v1/tokens', { user, role, label, expiresIn, scopes }));
    if (options.json) return terminal.json(issued);

    if (typeof issued['token'] !== 'string') throw new CliError('the gateway answered without a token');
    terminal.result(issued['token']);
    terminal.say(
      `Token ${word(issued['id'])} for ${word(issued['user']) || 'the house'}, expires ${word(issued['expiresAt']) || 'never'}.`,
    );
    terminal.say('It is shown this once: the gateway keeps only a digest of it.');
  },
};

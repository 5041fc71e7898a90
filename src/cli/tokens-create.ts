import { SCOPES } from '../kernel/scopes.js';
import { record } from './answers.js';
import { CliError, wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { parseDuration } from './duration.js';
import { GatewayClient } from './gateway-client.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly service?: boolean;
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
    'doorward tokens create --service --label backup --scope operator.read --expires-in 365d > token.txt',
    'doorward tokens create --label ci --scope operator.read --json',
  ],

  describe(command) {
    command
      .option('--service', 'for a machine: needs --label, --scope and --expires-in')
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
    if (options.service) refuseIncomplete(options);
    const expiresIn = options.expiresIn === undefined ? undefined : parseDuration(options.expiresIn);
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const issued = record(
      await client.post('/api/v1/tokens', {
        ...(options.service && { kind: 'service' }),
        user,
        role,
        label,
        expiresIn,
        scopes,
      }),
    );
    if (options.json) return terminal.json(issued);

    if (typeof issued['token'] !== 'string') throw new CliError('the gateway answered without a token');
    terminal.result(issued['token']);
    const holder = options.service ? `the machine ${word(issued['label'])}` : word(issued['user']) || 'the house';
    terminal.say(`Token ${word(issued['id'])} for ${holder}, expires ${word(issued['expiresAt']) || 'never'}.`);
    terminal.say('It is shown this once: the gateway keeps only a digest of it.');
  },
};

/** A machine's token lasts long: what it is for and what it may do is said, not guessed. */
function refuseIncomplete({ label, scope, expiresIn, user, role }: Options): void {
  const needed = { '--label': label, '--scope': scope, '--expires-in': expiresIn };
  const wanted = Object.entries(needed).flatMap(([flag, value]) => (value === undefined ? [flag] : []));
  if (wanted.length > 0) throw wrongUsage(`a service token needs ${wanted.join(', ')}`);
  if (user !== undefined || role !== undefined)
    throw wrongUsage('a service token belongs to whoever makes it: leave --user and --role out');
}

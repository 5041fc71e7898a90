import { Option } from 'commander';
import { SCOPES } from '../kernel/scopes.js';
import { record } from './answers.js';
import { CliError } from './cli-error.js';
import type { CommandFile } from './command.js';
import { parseDuration } from './duration.js';
import { GatewayClient } from './gateway-client.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly role?: string;
  readonly scopes?: string[];
  readonly ttl?: string;
  readonly qr?: 'link' | 'code';
  readonly json?: boolean;
}

/** Makes a setup link: printed, and drawn where a phone can see it. Link and bare code go to stdout, a line each. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward devices invite',
    'doorward devices invite --scopes operator.read --ttl 2m',
    'doorward devices invite --role node --json',
  ],

  describe(command) {
    command
      .option('--role <role>', 'operator, node or webchat (operator unless told)')
      .addOption(new Option('--scopes <scope...>', `what the device may do: ${SCOPES.join(', ')}`).argParser(collect))
      .option('--ttl <duration>', 'how long it can be used, at most 10m (10m unless told)')
      .addOption(new Option('--qr <what>', 'what the QR code holds').choices(['link', 'code']).default('link'));
    addTargetOptions(command);
  },

  async run({ options, world }) {
    const { terminal } = world;
    const { role, scopes } = options;
    const ttl = options.ttl === undefined ? undefined : parseDuration(options.ttl);
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const invite = record(await client.post('/api/v1/devices/invites', { role, scopes, ttl }));
    if (options.json) return terminal.json(invite);

    const { link, setupCode } = invite;
    if (typeof link !== 'string' || typeof setupCode !== 'string')
      throw new CliError('the gateway answered without a link');
    if (terminal.isScreen) terminal.result(await drawn(options.qr === 'code' ? setupCode : link));
    terminal.result(word(link));
    terminal.result(word(setupCode));
    const given = Array.isArray(invite['scopes']) ? invite['scopes'].map(word).join(', ') : '';
    terminal.say(
      `Lets one ${word(invite['role'])} in${given === '' ? '' : ` with ${given}`}, once, until ${word(invite['expiresAt'])}.`,
    );
    terminal.say('Open, scan or paste the link on the device; the line below it is the bare setup code.');
    if (isLoopback(link))
      terminal.warn('the link leads to this machine only; set gateway.publicUrl to the address that others use');
  },
};

/** `--scopes a,b` and `--scopes a b` alike. */
function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), ...value.split(',').filter(Boolean)];
}

async function drawn(text: string): Promise<string> {
  const { renderUnicodeCompact } = await import('uqr');
  return renderUnicodeCompact(text, { ecc: 'L', border: 2 });
}

const isLoopback = (link: string): boolean =>
  URL.canParse(link) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(link).hostname);

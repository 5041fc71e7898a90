import { adviceFor } from './advice.js';
import { record } from './answers.js';
import { wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { table } from './table.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { type Terminal, word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** Why a request was let in or refused: each method in order, what it said, and what to do next. */
export const command: CommandFile<Options> = {
  examples: ['doorward auth explain 3f0c5a8e-6f0e-4c1e-9f3a-0d6c1f1b2a77', 'doorward auth explain <requestId> --json'],

  describe(command) {
    command.argument('<requestId>', "the request id of the answer's body or its X-Request-Id header");
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const requestId = words[0]!;
    if (!/^[\w.:-]{1,128}$/.test(requestId)) throw wrongUsage(`not a request id: ${word(requestId)}`);
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const decision = await client.get(`/api/v1/auth/decisions/${encodeURIComponent(requestId)}`);
    if (options.json) world.terminal.json(decision);
    else explain(record(decision), world.terminal);
  },
};

function explain(decision: Readonly<Record<string, unknown>>, terminal: Terminal): void {
  const code = decision['code'] === undefined ? undefined : word(decision['code']);
  const identity = record(decision['identity']);
  const outcome =
    code === undefined
      ? terminal.paint('green', `let in by ${word(identity['method'])} as ${word(identity['subject'])}`)
      : terminal.paint('red', `refused: ${code}`);
  const at = new Date(decision['at'] as number | string);
  const steps = (Array.isArray(decision['steps']) ? decision['steps'] : []).map(record);

  terminal.result(`Request ${word(decision['requestId'])}: ${outcome}`);
  terminal.result(
    `  ${Number.isNaN(at.getTime()) ? '-' : at.toISOString()}, ${word(decision['surface'])}, from ${origin(decision)}`,
  );
  terminal.result('');
  const rows = steps.map((step) => [word(step['method']), word(step['verdict']), word(step['code']), why(step)]);
  terminal.result(steps.length === 0 ? 'No method was asked.' : table(['METHOD', 'VERDICT', 'CODE', 'WHY'], rows));
  const tried = (Array.isArray(decision['models']) ? decision['models'] : []).map(record);
  if (tried.length > 0) {
    const calls = tried.map((call) => [word(call['model']), word(call['candidate']), word(call['outcome'])]);
    terminal.result(`\n${table(['MODEL', 'CREDENTIAL', 'OUTCOME'], calls)}`);
  }
  const next = code === undefined ? undefined : adviceFor(code);
  if (next) terminal.result(`\nWhat to do: ${next.next}`);
}

/** The caller's address, and the socket's if that is another one: a proxy stands between. */
function origin({ client, peer }: Readonly<Record<string, unknown>>): string {
  const caller = client === undefined || client === null ? 'an unknown address' : word(client);
  return caller === word(peer) ? caller : `${caller} by way of ${word(peer)}`;
}

// prettier-ignore
const VERDICTS: Readonly<Record<string, string>> = {
  'succeeded':        'good',
  'not presented':    'the caller showed nothing that this method judges',
  'not mine':         'the credential is unknown to this method',
  'could not decide': 'this method could not answer',
};

/** The method's own reason, else what its code means, else what its verdict means. */
function why(step: Readonly<Record<string, unknown>>): string {
  const meaning = adviceFor(word(step['code']))?.means ?? VERDICTS[word(step['verdict'])] ?? '';
  const reason = word(step['reason']);
  return reason === '' ? meaning : meaning === '' ? reason : `${meaning}: ${reason}`;
}

import { isTree } from '../../config/tree.js';
import { Bulkhead } from '../../kernel/bulkhead.js';
import { PROTOCOL_VERSION } from '../resolvers/exec-answer.js';
import { idProblem } from '../secret-ref.js';
import {
  type KeeperAnswers,
  type KeeperCall,
  KeeperRefusal,
  type Preset,
  type PresetOptions,
  type RefusedId,
} from './preset.js';
import { runKeeper } from './run-keeper.js';

/** How a keeper's program is run for a preset. */
export interface Keeper {
  readonly preset: Preset;
  readonly options: PresetOptions;
  /** Absolute, and checked. */
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The answer of the protocol: a value or an error for every id (reference E.2). */
export interface ProtocolAnswer {
  readonly protocolVersion: number;
  readonly values: Readonly<Record<string, string>>;
  readonly errors: Readonly<Record<string, { readonly message: string }>>;
}

/** Programs of one keeper that run at once: more would only wait for the same server, or for the same agent. */
const AT_ONCE = 4;

/** Asks the keeper for all ids of a request. One that fails keeps nobody from the others. */
export async function keeperAnswer(
  ids: readonly string[],
  { preset, options, program, env }: Keeper,
): Promise<ProtocolAnswer> {
  const wanted = [...new Set(ids)];
  const strange = wanted.filter((id) => idProblem('exec', id) !== undefined);
  const calls = preset.calls(
    wanted.filter((id) => !strange.includes(id)),
    options,
  );
  const places = new Bulkhead(AT_ONCE, Infinity);

  const ask = async (call: KeeperCall): Promise<KeeperAnswers> => {
    const { status, stdout, stderr } = await runKeeper({ program, args: call.args, env });
    if (status === 0) return call.read(stdout);
    const refusal = new KeeperRefusal(preset.explain(status, stderr));
    return new Map(call.ids.map((id) => [id, refusal]));
  };
  const answers = await Promise.all([
    ...strange.map((id) => new Map([[id, new KeeperRefusal('is no id of a secret')]])),
    ...calls.map((call) => (isRefused(call) ? new Map([[call.ids[0], call.refused]]) : places.run(() => ask(call)))),
  ]);
  return protocolAnswer(answers);
}

const isRefused = (call: KeeperCall | RefusedId): call is RefusedId => 'refused' in call;

function protocolAnswer(answers: readonly KeeperAnswers[]): ProtocolAnswer {
  const all = answers.flatMap((one) => [...one]);
  const values = all.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const errors = all.flatMap(([id, answer]) => (typeof answer === 'string' ? [] : [[id, { message: answer.message }]]));
  return {
    protocolVersion: PROTOCOL_VERSION,
    values: Object.fromEntries(values),
    errors: Object.fromEntries(errors) as ProtocolAnswer['errors'],
  };
}

/** The ids of a request of the protocol; undefined for any other text. */
export function requestedIds(text: string): readonly string[] | undefined {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isTree(request) || request['protocolVersion'] !== PROTOCOL_VERSION) return undefined;
  const ids: unknown = request['ids'];
  return Array.isArray(ids) && ids.every((id) => typeof id === 'string') ? (ids as string[]) : undefined;
}

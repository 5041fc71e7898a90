import type { Candidate } from '../credentials/plan/candidates.js';
import type { PlanTarget } from '../secrets/plan/plan.js';
import type { SourceName } from '../secrets/secret-ref.js';
import type { Conversation } from './conversation.js';
import { type Terminal, word } from './terminal.js';

/** A provider that references may name, and how its ids look. */
export interface KnownProvider {
  readonly alias: string;
  readonly source: SourceName;
  /** For people. */
  readonly ids: string;
}

/** Asks, for each secret that stands in plain text, who keeps it from now on, and under which id. */
export async function configureTargets(
  talk: Conversation,
  found: readonly Candidate[],
  providers: readonly KnownProvider[],
  terminal: Terminal,
): Promise<PlanTarget[]> {
  const { idProblem } = await import('../secrets/secret-ref.js');
  const targets: PlanTarget[] = [];
  for (const [i, { file, ...candidate }] of found.entries()) {
    terminal.say(`\n(${i + 1} of ${found.length}) ${word(candidate.path)} stands in plain text in ${word(file)}`);
    const provider = await talk.choose<KnownProvider | undefined>('Who keeps it from now on?', [
      ...providers.map((one) => ({ label: `${one.alias} (${one.source})`, value: one })),
      { label: 'Leave it as it is', value: undefined },
    ]);
    if (!provider) continue;
    const { alias, source, ids } = provider;
    const id = await talk.ask(`Under which id? (${ids})`, {
      check: (text) => {
        const problem = idProblem(source, text);
        return problem === undefined ? undefined : `It ${problem}.`;
      },
    });
    targets.push({ ...candidate, ref: { source, provider: alias, id } });
  }
  return targets;
}

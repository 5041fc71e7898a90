import { unlessBroken } from '../../config/check-rules.js';
import type { Environment } from '../../config/environment.js';
import type { ConfigSnapshot } from '../../config/settings.js';
import type { Clock } from '../../kernel/clock.js';
import { type Asking, ProviderDesk } from '../provider-desk.js';
import { type Question, questionsFor, settle } from '../question.js';
import { referenceProblem } from '../reference-problem.js';
import { RESOLVERS } from '../resolvers/index.js';
import { keyOf, type SettledRef, wordsOf } from '../secret-ref.js';
import { SecretFailure } from '../secret-resolver.js';
import { SecretResolution } from '../secrets.settings.js';
import { type AuditFinding, finding, type FoundReference, type Unmeasured } from './finding.js';

interface Surroundings {
  readonly config: ConfigSnapshot;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Whether programs may be run. */
  readonly allowExec: boolean;
}

/** What came of following references one by one: unlike a start, one that fails keeps nobody from the others. */
export interface Followed {
  readonly checked: number;
  readonly skippedExec: number;
  readonly findings: readonly AuditFinding[];
  readonly unmeasured: readonly Unmeasured[];
  /** The secret behind a reference, where it could be had. */
  readonly valueOf: (found: Pick<FoundReference, 'reference'>) => string | undefined;
}

interface Settled {
  readonly found: FoundReference;
  readonly ref: SettledRef;
  readonly problem: string | undefined;
}

export async function followReferences(all: readonly FoundReference[], around: Surroundings): Promise<Followed> {
  const asked = unlessBroken(() => prepare(all, around));
  if (!asked) {
    const reason = 'the settings of secrets are wrong; see: doorward config validate';
    const unmeasured = all.map((found) => ({ ...spotOf(found), reason }));
    return { checked: 0, skippedExec: 0, findings: [], unmeasured, valueOf: () => undefined };
  }
  const { settled, questions, limits, skipped } = asked;
  const desk = new ProviderDesk(RESOLVERS, around.clock);
  const answers = await desk.ask(questions, { environment: around.environment, limits });

  const findings = settled.flatMap(({ found, ref, problem }) => {
    if (problem !== undefined) return [finding('REF_UNRESOLVED', found, problem)];
    const answer = answers.get(keyOf(ref));
    if (!(answer instanceof SecretFailure)) return [];
    const message = `cannot be had from ${wordsOf(ref)}: ${answer.message}; ${answer.remedy}`;
    return [finding('REF_UNRESOLVED', found, message)];
  });
  const reason = 'a program would have to be asked; --allow-exec runs it';
  return {
    checked: settled.length - skipped.length,
    skippedExec: skipped.length,
    findings,
    unmeasured: skipped.map(({ found }) => ({ ...spotOf(found), reason })),
    valueOf: ({ reference }) => {
      const answer = answers.get(keyOf(settle(reference, around.config)));
      return typeof answer === 'string' ? answer : undefined;
    },
  };
}

interface Prepared {
  readonly settled: readonly Settled[];
  /** References to programs that are not to be run. */
  readonly skipped: readonly Settled[];
  readonly questions: readonly Question[];
  readonly limits: Asking['limits'];
}

function prepare(all: readonly FoundReference[], { config, allowExec }: Surroundings): Prepared {
  const settled = all.map((found): Settled => {
    const ref = settle(found.reference, config);
    return { found, ref, problem: referenceProblem(ref, config) };
  });
  const sound = settled.filter(({ problem }) => problem === undefined);
  const skipped = sound.filter(({ ref }) => ref.source === 'exec' && !allowExec);
  const wanted = sound.filter((one) => !skipped.includes(one)).map(({ ref }) => ref);
  return { settled, skipped, questions: questionsFor(wanted, config), limits: limitsOf(config) };
}

/** Read now: a wrong one throws when it is read. */
function limitsOf(config: ConfigSnapshot): Asking['limits'] {
  const { maxProviderConcurrency, maxRefsPerProvider, maxBatchBytes } = config.get(SecretResolution);
  return { ...new SecretResolution(), maxProviderConcurrency, maxRefsPerProvider, maxBatchBytes };
}

const spotOf = ({ file, jsonPath }: FoundReference): Pick<Unmeasured, 'file' | 'jsonPath'> => ({ file, jsonPath });

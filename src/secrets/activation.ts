import type { FieldError } from '../kernel/errors.js';
import type { Answers } from './provider-desk.js';
import { keysOf, type Question } from './question.js';
import { keyOf, type SettledRef, wordsOf } from './secret-ref.js';
import { SecretFailure } from './secret-resolver.js';

/** A secret, and what it is for. */
export interface Need {
  /** `gateway.auth.token`; where several read the same, each is a need of its own. */
  readonly path: string;
  readonly ref: SettledRef;
}

/** How many of those that wait for one provider are named. */
const MOST_NAMED = 20;

/** One attempt, or several, to have all that is needed. What was had once is not asked for again. */
export class Activation {
  private readonly values = new Map<string, string>();
  private readonly failures = new Map<string, SecretFailure>();

  constructor(
    readonly needs: readonly Need[],
    readonly questions: readonly Question[],
  ) {}

  /** What has not been answered yet. */
  get open(): Question[] {
    return this.questions.flatMap((question) => {
      const { source, alias: provider } = question;
      const ids = question.ids.filter((id) => !this.values.has(keyOf({ source, provider, id })));
      return ids.length === 0 ? [] : [{ ...question, ids }];
    });
  }

  get isComplete(): boolean {
    return this.open.length === 0;
  }

  /** Whether something failed that no waiting can mend. */
  get isHopeless(): boolean {
    return [...this.failures.values()].some(({ isLasting }) => isLasting);
  }

  valueOf(ref: SettledRef): string | undefined {
    return this.values.get(keyOf(ref));
  }

  failureAt(key: string): SecretFailure | undefined {
    return this.failures.get(key);
  }

  take(answers: Answers): void {
    for (const [key, answer] of answers) {
      if (answer instanceof SecretFailure) this.failures.set(key, answer);
      else this.give(key, answer);
    }
  }

  give(key: string, value: string): void {
    this.values.set(key, value);
    this.failures.delete(key);
  }

  /** Notes why a question is not asked at all. */
  fail(question: Question, failure: SecretFailure): void {
    for (const key of keysOf(question)) if (!this.values.has(key)) this.failures.set(key, failure);
  }

  /** Why a question failed, or undefined. */
  reasonOf(question: Question): string | undefined {
    for (const key of keysOf(question)) {
      const failure = this.failures.get(key);
      if (failure) return failure.message;
    }
    return undefined;
  }

  /** All values by key, once complete. */
  allValues(): ReadonlyMap<string, string> {
    return this.values;
  }

  /**
   * One error for each thing that went wrong, with all that depends on it: a provider that is down is one outage, however
   * many wait for it.
   */
  errors(): FieldError[] {
    const waiting = new Map<SecretFailure, Need[]>();
    for (const need of this.needs) {
      const failure = this.failures.get(keyOf(need.ref));
      if (failure) waiting.set(failure, [...(waiting.get(failure) ?? []), need]);
    }
    return [...waiting].map(([failure, needs]) => fieldError(failure, needs));
  }
}

function fieldError({ message, remedy }: SecretFailure, needs: readonly Need[]): FieldError {
  const [{ path, ref }, ...others] = needs as [Need, ...Need[]];
  const text = `cannot be had from ${wordsOf(ref)}: ${message}; ${remedy}`;
  if (others.length === 0) return { path, message: text };
  const named = others.slice(0, MOST_NAMED).map((need) => `${need.path} (id "${need.ref.id}")`);
  const rest = others.length > named.length ? ` and ${others.length - named.length} more` : '';
  return { path, message: `${text}. The same keeps from ${named.join(', ')}${rest}` };
}

import type { Environment } from '../config/environment.js';
import { Bulkhead } from '../kernel/bulkhead.js';
import type { Clock } from '../kernel/clock.js';
import type { Question } from './question.js';
import { keyOf } from './secret-ref.js';
import { type Found, SecretFailure, type SecretResolver } from './secret-resolver.js';
import type { SecretResolution } from './secrets.settings.js';

/** How a provider has done. Times are milliseconds since the epoch. */
export interface Standing {
  readonly source: string;
  readonly state: 'ok' | 'failing';
  readonly askedAt: number;
  readonly answeredAt?: number;
  /** In a row. */
  readonly failures: number;
  /** Why it fails, in words without a secret. */
  readonly reason?: string;
}

/** By `source:provider:id`: the secret, or why it cannot be had. */
export type Answers = ReadonlyMap<string, string | SecretFailure>;

/** What is the same for all questions. */
export interface Asking {
  readonly environment: Environment;
  readonly limits: SecretResolution;
}

/** Asks providers, several at once and each one once, and remembers how they did. */
export class ProviderDesk {
  readonly standings = new Map<string, Standing>();

  constructor(
    private readonly resolvers: readonly SecretResolver[],
    private readonly clock: Clock,
  ) {}

  /** Whether a source only reads what is at hand. */
  isLight(source: string): boolean {
    return this.resolvers.find((resolver) => resolver.source === source)?.isLight === true;
  }

  /** An answer for every id of every question. Rejects for faults of ours alone. */
  async ask(questions: readonly Question[], asking: Asking): Promise<Answers> {
    const places = new Bulkhead(asking.limits.maxProviderConcurrency, Infinity);
    const found = await Promise.all(questions.map((question) => places.run(() => this.askOne(question, asking))));
    return new Map(found.flat());
  }

  private async askOne(
    question: Question,
    { environment, limits }: Asking,
  ): Promise<[string, string | SecretFailure][]> {
    const { alias, source, settings, ids } = question;
    const askedAt = this.clock.now();
    const answer = await this.found(question, environment, limits);
    const reason = reasonIn(answer, ids);
    const before = this.standings.get(alias);
    this.standings.set(alias, {
      source: settings.source,
      state: reason === undefined ? 'ok' : 'failing',
      askedAt,
      ...(reason === undefined ? { answeredAt: this.clock.now() } : { answeredAt: before?.answeredAt, reason }),
      failures: reason === undefined ? 0 : (before?.failures ?? 0) + 1,
    });
    return ids.map((id) => [
      keyOf({ source, provider: alias, id }),
      answer instanceof SecretFailure
        ? answer
        : (answer.get(id) ?? new SecretFailure('said nothing of this id', 'correct the id')),
    ]);
  }

  private async found(
    { alias, source, settings, ids }: Question,
    environment: Environment,
    { maxRefsPerProvider, maxBatchBytes }: SecretResolution,
  ): Promise<Found | SecretFailure> {
    if (ids.length > maxRefsPerProvider) {
      return tooMuch(`is asked for ${ids.length} secrets, and ${maxRefsPerProvider} are allowed`, 'maxRefsPerProvider');
    }
    if (source === 'exec' && Buffer.byteLength(JSON.stringify(ids)) > maxBatchBytes) {
      return tooMuch(`is asked a question of more than ${maxBatchBytes} bytes`, 'maxBatchBytes');
    }
    const resolver = this.resolvers.find((one) => one.source === source)!;
    try {
      return await resolver.resolve({ alias, settings, ids, environment, clock: this.clock });
    } catch (error) {
      if (!(error instanceof SecretFailure)) throw error;
      return error;
    }
  }
}

const tooMuch = (message: string, setting: string): SecretFailure =>
  new SecretFailure(message, `raise secrets.resolution.${setting}, or divide the secrets among providers`, {
    isLasting: true,
  });

/** Why a provider is said to fail: as a whole, or with an id. */
function reasonIn(answer: Found | SecretFailure, ids: readonly string[]): string | undefined {
  if (answer instanceof SecretFailure) return answer.message;
  for (const id of ids) {
    const one = answer.get(id);
    if (one instanceof SecretFailure) return `id "${id}": ${one.message}`;
  }
  return undefined;
}

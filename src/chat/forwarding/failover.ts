import type { Attempt } from '../../credentials/attempt.js';
import { sourceName } from '../../credentials/choice.js';
import type { CredentialsService } from '../../credentials/credentials.service.js';
import type { FailureKind } from '../../credentials/failure-kind.js';
import type { ModelRef } from '../../credentials/model-ref.js';
import type { Clock } from '../../kernel/clock.js';
import { Refused } from '../../kernel/errors.js';
import type { Soon } from '../../kernel/soon.js';
import type { ModelCall, Tried } from '../model-call.js';
import type { Exchange } from '../providers/dialect.js';
import { exchangeWith } from '../providers/exchange.js';
import type { Courier } from './courier.js';
import { Course } from './course.js';
import type { Delivered } from './delivery.js';
import { Trouble } from './trouble.js';

/** Who answered, and what was tried before. */
export interface Answered extends Delivered {
  readonly model: ModelRef;
  readonly source: string;
  readonly tried: readonly Tried[];
}

/** One model, ready to be asked. */
interface Begun {
  readonly attempt: Attempt;
  readonly exchange: Exchange;
}

/** What another model may mend (reference F.4). What is wrong with the request is wrong everywhere. */
// prettier-ignore
const NEXT_MODEL: ReadonlySet<FailureKind> = new Set([
  'auth', 'auth_permanent', 'session_expired', 'billing', 'rate_limit', 'overloaded', 'timeout', 'unknown',
]);

/**
 * Asks until somebody answers: the credentials of the first model one after the other, then those of the next model.
 * Only before the first byte has gone to the caller (contract section 7, reference F.3 and F.4).
 */
export class Failover {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly courier: Courier,
    private readonly clock: Clock,
  ) {}

  /**
   * Rejects with UpstreamFailure when nobody answers, with Refused for what only the caller can mend, with the reason of
   * `call.signal` when that is aborted, with Unavailable or BrokenStore when the credentials cannot be asked for.
   */
  async ask(call: ModelCall, estimatedInput: number): Promise<Answered> {
    const course = new Course(call, estimatedInput);
    for (const model of call.models) {
      const soon = this.begin(model, course);
      const begun = soon instanceof Promise ? await soon : soon;
      const answered = begun && (await this.askModel(model, begun, course));
      if (answered) return answered;
    }
    throw course.verdict();
  }

  /** At once when the credentials are; undefined for a fallback that cannot be asked. */
  private begin(model: ModelRef, course: Course): Soon<Begun | undefined> {
    const { agent, config, models, pin } = course.call;
    // A profile belongs to one provider: what was chosen for the first model says nothing about another's.
    const isPinned = pin !== undefined && model.provider === models[0]!.provider;
    try {
      const need = { agent, provider: model.provider, model: model.model, pin: isPinned ? pin : undefined };
      const attempt = this.credentials.attempt(need, config);
      if (!(attempt instanceof Promise)) return this.prepare(attempt, model, course);
      return attempt
        .then((found) => this.prepare(found, model, course))
        .catch((error: unknown) => course.passOver(model, error));
    } catch (error) {
      return course.passOver(model, error);
    }
  }

  private prepare(attempt: Attempt, { model, provider: id }: ModelRef, { call }: Course): Begun {
    const { provider } = attempt;
    const entry = provider.models.find((one) => one.id === model);
    const target = { provider, model, created: Math.floor(this.clock.now() / 1000), ...(entry && { entry }) };
    const exchange = exchangeWith(provider, call, target);
    if (exchange) return { attempt, exchange };
    const message = `${id}/${model} has nothing that answers ${call.endpoint}; choose a model of another provider`;
    throw new Refused('invalid_request', { message, fields: [{ path: 'model', message }] });
  }

  private async askModel(model: ModelRef, begun: Begun, course: Course): Promise<Answered | undefined> {
    const { attempt, exchange } = begun;
    let soon = attempt.next();
    let choice = soon instanceof Promise ? await soon : soon;
    if (!choice) {
      const rests = attempt.restsUntil;
      course.without(model, attempt.steps, rests === undefined ? undefined : rests - this.clock.now());
    }
    while (choice) {
      const outcome = await this.courier.send(model, choice, exchange, course);
      const candidate = sourceName(choice.source, model.provider);
      if (!(outcome instanceof Trouble)) {
        attempt.succeeded();
        course.succeeded(model, candidate);
        const { status, headers, body, ended } = outcome;
        return { status, headers, body, ended, model, source: candidate, tried: course.tried };
      }
      this.courier.failed(model, candidate, outcome, course);
      // The network is no fault of the credential, and the next one would take the same way.
      if (outcome.isUnreachable) break;
      attempt.failed(outcome);
      if (!NEXT_MODEL.has(outcome.kind)) throw course.verdict();
      soon = attempt.next();
      choice = soon instanceof Promise ? await soon : soon;
    }
    course.leave(attempt.restsForMs);
    return undefined;
  }
}

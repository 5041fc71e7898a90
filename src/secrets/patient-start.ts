import type { SecretRequest } from '../config/secret-source.js';
import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import { Unsealable } from '../kernel/seal.js';
import type { Activation } from './activation.js';
import type { LastKnownGood } from './last-known-good.js';
import { Patience } from './patience.js';
import { keysOf, type Question } from './question.js';
import { SecretFailure } from './secret-resolver.js';
import { SecretResolution } from './secrets.settings.js';

interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: LastKnownGood | undefined;
  /** Ends a wait. */
  readonly signal: AbortSignal;
}

/** By key: when secrets were had that come from the disk. */
type KeptSince = ReadonlyMap<string, number>;

export const NOTHING_KEPT: KeptSince = new Map();

/**
 * A start while providers fail: asks again, at growing intervals, until the budget is used up, and then does as
 * `secrets.resolution.onStartFailure` says. How long each is left alone outlives the process.
 */
export class PatientStart {
  constructor(private readonly around: Surroundings) {}

  /** Leaves the activation complete, or with its failures. Rejects when it is told to stop while it waits. */
  async run(activation: Activation, ask: () => Promise<void>, request: SecretRequest): Promise<KeptSince> {
    const limits = request.config.get(SecretResolution);
    const patience = await Patience.of(request.stateDir, this.around.clock);
    const end = this.around.clock.now() + limits.startBudgetMs;
    const isEndless = limits.onStartFailure === 'wait';

    for (let attempts = 0; ; attempts += 1) {
      const pause = Math.max(0, ...activation.open.map((question) => patience.waitFor(question)));
      const left = Math.max(0, end - this.around.clock.now());
      if (!isEndless && pause > left) {
        // Nobody is asked, and whoever starts us again and again is slowed down.
        if (attempts === 0) await this.wait(left);
        leaveAlone(activation, patience);
        break;
      }
      if (pause > 0) await this.wait(pause);
      await this.attempt(activation, ask, patience);
      if (activation.isComplete) return NOTHING_KEPT;
      if (activation.isHopeless) break;
      if (attempts === 0) this.tell(activation, limits);
    }
    const mayKeep = limits.onStartFailure === 'last-known-good' && !activation.isHopeless;
    return mayKeep ? this.fromDisk(activation, limits) : NOTHING_KEPT;
  }

  private async attempt(activation: Activation, ask: () => Promise<void>, patience: Patience): Promise<void> {
    const asked = activation.open;
    await ask();
    const results = asked.map((question) => ({ question, reason: activation.reasonOf(question) }));
    await patience.note(
      results.filter(({ question, reason }) => reason === undefined || !isLasting(activation, question)),
    );
  }

  private tell(activation: Activation, { startBudgetMs, onStartFailure }: SecretResolution): void {
    const then = { refuse: 'the start is refused', wait: '', 'last-known-good': 'what was known last is used' };
    const until =
      onStartFailure === 'wait' ? 'until they can be had' : `for ${startBudgetMs} ms, then ${then[onStartFailure]}`;
    this.around.log.warn(`secrets: some cannot be had yet; asking again ${until}`, {
      event: 'secrets.waiting',
      waiting: activation.errors().map(({ path, message }) => `${path}: ${message}`),
    });
  }

  private async fromDisk(activation: Activation, { lastKnownGoodMaxAgeMs }: SecretResolution): Promise<KeptSince> {
    const { store, log, clock } = this.around;
    const since = new Map<string, number>();
    if (!store) return since;
    try {
      for (const [key, { value, at }] of await store.read(activation.open)) {
        if (clock.now() - at > lastKnownGoodMaxAgeMs) continue;
        activation.give(key, value);
        since.set(key, at);
      }
    } catch (error) {
      if (!(error instanceof Unsealable)) throw error;
      log.warn('secrets: what was kept on disk cannot be opened', { error });
    }
    return since;
  }

  /** The clock's own timers let the process end, and there may be nothing else yet that keeps it. */
  private wait(ms: number): Promise<void> {
    const { clock, signal } = this.around;
    const keepAlive = setInterval(() => undefined, 60_000);
    return new Promise<void>((resolve, reject) => {
      const stop = (): void => reject(new Error('stopped while it waited for secrets'));
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop, { once: true });
      clock.after(ms, () => {
        signal.removeEventListener('abort', stop);
        resolve();
      });
    }).finally(() => clearInterval(keepAlive));
  }
}

function leaveAlone(activation: Activation, patience: Patience): void {
  for (const question of activation.open) {
    const outage = patience.outageOf(question);
    if (!outage || activation.reasonOf(question) !== undefined) continue;
    const seconds = Math.ceil(patience.waitFor(question) / 1000);
    const message = `it has failed ${outage.failures} times in a row (${outage.reason}) and is left alone for ${seconds} s more`;
    activation.fail(question, new SecretFailure(message, 'put it right, then start again'));
  }
}

function isLasting(activation: Activation, question: Question): boolean {
  return keysOf(question).some((key) => activation.failureAt(key)?.isLasting);
}

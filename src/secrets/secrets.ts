import type { FieldError } from '../kernel/errors.js';
import type { Clock } from '../kernel/clock.js';
import { type Log, SILENT_LOG } from '../kernel/log.js';
import type { SealingKey } from '../kernel/seal.js';
import type { SecretAnswer, SecretReference, SecretRequest, SecretSource } from '../config/secret-source.js';
import type { ConfigSnapshot } from '../config/settings.js';
import { Activation, type Need } from './activation.js';
import { keepForLater, LastKnownGood } from './last-known-good.js';
import { type Asking, ProviderDesk, type Standing } from './provider-desk.js';
import { questionsFor, settle } from './question.js';
import { referenceProblem } from './reference-problem.js';
import { RESOLVERS } from './resolvers/index.js';
import { keyOf, readSecretRef } from './secret-ref.js';
import { SecretSnapshot } from './secret-snapshot.js';
import { SecretResolution } from './secrets.settings.js';
import { NOTHING_KEPT, PatientStart } from './patient-start.js';
import { UnresolvedSecrets } from './unresolved-secrets.js';

/** A reference that stands outside the configuration, and where: `agents/main/auth-profiles.json: openai:default.keyRef`. */
export interface AnnouncedSecret {
  readonly path: string;
  readonly reference: SecretReference;
  /** Followed too, after the others and once: whatever comes of it, nothing waits for it and nothing fails without it. */
  readonly isOptional?: boolean;
}

/** The references of somebody beside the configuration, as they are right now. */
export type Announce = (config: ConfigSnapshot) => readonly AnnouncedSecret[] | Promise<readonly AnnouncedSecret[]>;

export interface SecretsOptions {
  readonly clock: Clock;
  /** What is kept on disk is sealed with. Without it, nothing can be kept. */
  readonly key?: (request: SecretRequest) => Promise<SealingKey>;
}

/**
 * Follows the references of a configuration, and of whoever announces more: every provider asked once, all values or
 * none, in one snapshot with the configuration (contract section 8).
 */
export class Secrets implements SecretSource {
  private readonly desk: ProviderDesk;
  private readonly announcers = new Set<Announce>();
  private readonly stopping = new AbortController();
  /** Where a start that has to wait says so; the log takes it over when it is there. */
  log: Log = SILENT_LOG;

  constructor(private readonly options: SecretsOptions) {
    this.desk = new ProviderDesk(RESOLVERS, options.clock);
  }

  get standings(): ReadonlyMap<string, Standing> {
    return this.desk.standings;
  }

  /** From now on these references are followed too, at every reload. Returns the way to stop. */
  announce(announce: Announce): () => void {
    this.announcers.add(announce);
    return () => this.announcers.delete(announce);
  }

  /** Ends a start that waits; it rejects. */
  stop(): void {
    this.stopping.abort();
  }

  /** What is announced right now. */
  async announced(config: ConfigSnapshot): Promise<AnnouncedSecret[]> {
    return (await Promise.all([...this.announcers].map((announce) => announce(config)))).flat();
  }

  /** Whether something was announced that a snapshot does not hold. */
  async isBehind(config: ConfigSnapshot): Promise<boolean> {
    const known = config.get(SecretSnapshot);
    const announced = await this.announced(config);
    return announced.some(({ reference }) => !known.has(keyOf(settle(reference, config))));
  }

  read = readSecretRef;

  check({ active, config }: Pick<SecretRequest, 'active' | 'config'>): FieldError[] {
    return active.flatMap(({ path, reference }) => {
      const message = referenceProblem(settle(reference, config), config);
      return message === undefined ? [] : [{ path, message }];
    });
  }

  async resolve(request: SecretRequest): Promise<SecretAnswer> {
    const { config, environment, active, isStart } = request;
    const { clock } = this.options;
    const announced = await this.announced(config);
    const needs = this.needsOf(request, announced);
    const questions = questionsFor(
      needs.map(({ ref }) => ref),
      config,
    );
    const activation = new Activation(needs, questions);
    const known = request.known?.get(SecretSnapshot);
    reuse(activation, known);

    const asking = { environment, limits: config.get(SecretResolution) };
    const ask = async (): Promise<void> => activation.take(await this.desk.ask(activation.open, asking));
    const store = this.storeOf(request);
    const patient = new PatientStart({ clock, log: this.log, store, signal: this.stopping.signal });
    const keptSince = isStart ? await patient.run(activation, ask, request) : (known?.keptSince ?? NOTHING_KEPT);
    if (!isStart) await ask();
    if (!activation.isComplete) throw new UnresolvedSecrets(activation.errors());

    const now = clock.now();
    const warnings = keptSince.size > 0 ? [] : await keepForLater(store, activation, config, now);
    const spare = await this.spare(announced, activation, { config, asking, known });
    const snapshot = new SecretSnapshot(new Map([...spare.values, ...activation.allValues()]), now, keptSince);
    return {
      values: new Map(active.map(({ path, reference }) => [path, activation.valueOf(settle(reference, config))!])),
      warnings: [...warnings, ...spare.warnings],
      parts: new Map([[SecretSnapshot, snapshot]]),
    };
  }

  private needsOf({ config, active }: SecretRequest, announced: readonly AnnouncedSecret[]): Need[] {
    const needed = announced.filter(({ isOptional }) => !isOptional);
    const problems = this.check({ active: needed.map((secret) => ({ ...secret, keys: [] })), config });
    if (problems.length > 0) throw new UnresolvedSecrets(problems);
    return [...active, ...needed].map(({ path, reference }) => ({ path, ref: settle(reference, config) }));
  }

  /** What nobody depends on is asked for by itself: in one question with the others it could spoil their answer. */
  private async spare(
    announced: readonly AnnouncedSecret[],
    had: Activation,
    { config, asking, known }: { config: ConfigSnapshot; asking: Asking; known: SecretSnapshot | undefined },
  ): Promise<{ values: ReadonlyMap<string, string>; warnings: string[] }> {
    const warnings: string[] = [];
    const needs = announced.flatMap(({ path, reference, isOptional }): Need[] => {
      const ref = settle(reference, config);
      if (!isOptional || had.valueOf(ref) !== undefined) return [];
      const problem = referenceProblem(ref, config);
      if (problem === undefined) return [{ path, ref }];
      warnings.push(`${path}: ${problem}`);
      return [];
    });
    const questions = questionsFor(
      needs.map(({ ref }) => ref),
      config,
    );
    const activation = new Activation(needs, questions);
    reuse(activation, known);
    if (!activation.isComplete) activation.take(await this.desk.ask(activation.open, asking));
    warnings.push(...activation.errors().map(({ path, message }) => `${path}: ${message}`));
    return { values: activation.allValues(), warnings };
  }

  private storeOf(request: SecretRequest): LastKnownGood | undefined {
    const { key } = this.options;
    return key && new LastKnownGood(request.stateDir, () => key(request));
  }
}

/** What is known already is not asked for. */
function reuse(activation: Activation, known: SecretSnapshot | undefined): void {
  for (const { ref } of known ? activation.needs : []) {
    const value = known!.value(keyOf(ref));
    if (value !== undefined) activation.give(keyOf(ref), value);
  }
}

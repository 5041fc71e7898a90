import type { Soon } from '../kernel/soon.js';
import type { CandidateIndex } from './candidate-index.js';
import { type Choice, type ProviderFailure, type Source, sourceName, type Step } from './choice.js';
import type { EnvironmentKey } from './environment-keys.js';
import { isOAuthVariable } from './environment-keys.js';
import { type FailureKind, isRateLimit } from './failure-kind.js';
import type { ModelProvider } from './model-providers.js';
import type { KeyReference, OAuthProfile, Profile } from './profile.js';

/** What an attempt works with; all of it is as it was when the request came. */
export interface AttemptGround {
  readonly agent: string;
  readonly provider: ModelProvider;
  readonly model?: string;
  /** The profile that a person chose for the session: no other of the provider is tried. */
  readonly pin?: string;
  readonly index: CandidateIndex;
  /** Asked only when no profile is there. */
  readonly environmentKeys: () => readonly EnvironmentKey[];
  /** How many other profiles may be tried after failures of a kind (`auth.cooldowns`). */
  readonly rotations: Readonly<Partial<Record<FailureKind, number>>>;
  readonly now: () => number;
  /** At once as a rule; later when the reference is so new that it must be followed first. */
  readonly secretOf: (reference: KeyReference) => Soon<string | undefined>;
  readonly fresh: (agent: string, id: string, profile: OAuthProfile) => Promise<OAuthProfile>;
  readonly tell: (id: string, outcome: 'succeeded' | ProviderFailure) => void;
}

const NONE: ReadonlySet<string> = new Set();

/** No other credential mends what is wrong with the request itself. */
const FINAL: ReadonlySet<FailureKind> = new Set(['format', 'model_not_found']);

/**
 * The credentials of one request at one provider, one after the other: ask for the `next`, tell what came of it, ask
 * again. Profiles come before the environment, and that before the configuration (reference F.3); a source that gives one
 * at all is the only one asked, for the others belong to other accounts.
 */
export class Attempt {
  readonly steps: Step[] = [];
  private readonly tried = new Set<string>();
  private keysTried = 0;
  /** Whether a profile has given a credential: those of other sources then belong to other accounts. */
  private isServed = false;
  private isLast = false;
  private readonly rotated = new Map<FailureKind, number>();
  private keys: readonly EnvironmentKey[] | undefined;
  private current: Choice | undefined;
  private isOver = false;

  constructor(private readonly ground: AttemptGround) {}

  /** Who is asked with them. */
  get provider(): ModelProvider {
    return this.ground.provider;
  }

  /** When the first resting profile may be tried again, in ms since the epoch; undefined when none rests. */
  get restsUntil(): number | undefined {
    return this.ground.index.nextFree(this.ground.model, this.ground.now());
  }

  /** How long until one of the profiles may be tried, in ms; undefined when one may at once, or none ever. */
  get restsForMs(): number | undefined {
    const { index, model, pin } = this.ground;
    const now = this.ground.now();
    if (index.first({ model, pin, now }, NONE)) return undefined;
    const until = this.restsUntil;
    return until === undefined ? undefined : until - now;
  }

  /** The credential to use, at once unless a login must be refreshed first; undefined when there is none (left). */
  next(): Soon<Choice | undefined> {
    if (this.isOver) return undefined;
    const { agent, provider, index, model, pin } = this.ground;
    const found = provider.usesAws ? undefined : index.first({ model, pin, now: this.ground.now() }, this.tried);
    if (found && !(pin !== undefined && found.id !== pin)) return this.profile(found.id, found.profile);
    if (pin !== undefined || this.hasProfile(provider)) return this.end();

    this.keys ??= this.ground.environmentKeys();
    const key = this.keys[this.keysTried];
    if (key) {
      this.keysTried += 1;
      const kind = isOAuthVariable(key) ? 'bearer' : 'api-key';
      return this.take({ kind: 'environment', variable: key.variable }, kind, key.value);
    }
    if (this.keys.length > 0 || this.isLast) return this.end();
    this.isLast = true;
    if (provider.apiKey !== undefined) return this.take({ kind: 'configuration' }, 'api-key', provider.apiKey);
    if (!provider.isKeyless) return this.end();
    this.current = { provider, agent, source: { kind: 'keyless' }, kind: 'none', value: '' };
    return this.current;
  }

  /** The credential worked. */
  succeeded(): void {
    this.note('succeeded');
    if (this.current?.source.kind === 'profile') this.ground.tell(this.current.source.id, 'succeeded');
    this.isOver = true;
  }

  /** It did not; whether another one is tried, `next` then says. */
  failed(failure: ProviderFailure): void {
    const { kind, message } = failure;
    const source = this.current?.source;
    this.note(kind);
    if (source?.kind === 'profile') this.ground.tell(source.id, failure);
    // Of the keys of the environment only a rate limit sends a request on to the next (document 003).
    const mayGoOn =
      source?.kind === 'profile'
        ? this.mayRotate(kind)
        : source?.kind === 'environment' && isRateLimited(kind, message);
    if (!mayGoOn) this.isOver = true;
  }

  /** Whether a profile stands for this provider: it was used, or it rests. One that holds nothing leads on to other sources. */
  private hasProfile({ usesAws }: ModelProvider): boolean {
    return !usesAws && (this.isServed || this.restsUntil !== undefined);
  }

  private mayRotate(kind: FailureKind): boolean {
    if (FINAL.has(kind) || this.ground.pin !== undefined) return false;
    const times = (this.rotated.get(kind) ?? 0) + 1;
    this.rotated.set(kind, times);
    return times <= (this.ground.rotations[kind] ?? Infinity);
  }

  private profile(id: string, profile: Profile): Soon<Choice | undefined> {
    this.tried.add(id);
    const source: Source = { kind: 'profile', id, type: profile.type };
    if (profile.type === 'oauth') return this.login(source, id, profile);
    const { value, reference } = held(profile);
    const kind = profile.type === 'token' ? 'bearer' : 'api-key';
    const secret = reference ? this.ground.secretOf(reference) : value;
    return secret instanceof Promise
      ? secret.then((found) => this.given(source, kind, found))
      : this.given(source, kind, secret);
  }

  private given(source: Source, kind: Choice['kind'], secret: string | undefined): Soon<Choice | undefined> {
    if (secret) return this.take(source, kind, secret);
    this.skip(source, 'unresolved_ref');
    return this.next();
  }

  private login(source: Source, id: string, profile: OAuthProfile): Soon<Choice | undefined> {
    const isGood = profile.access !== undefined && profile.access !== '' && (profile.expires ?? 0) > this.ground.now();
    if (isGood) return this.take(source, 'bearer', profile.access!);
    return this.ground.fresh(this.ground.agent, id, profile).then(
      ({ access }) => this.take(source, 'bearer', access ?? ''),
      (error: unknown) => {
        this.skip(source, error instanceof Error ? error.message : 'could not be refreshed');
        return this.next();
      },
    );
  }

  private take(source: Source, kind: Choice['kind'], value: string): Choice {
    const { provider, agent } = this.ground;
    this.isServed ||= source.kind === 'profile';
    this.current = { provider, agent, source, kind, value };
    return this.current;
  }

  private note(outcome: string): void {
    if (!this.current) return;
    this.steps.push({ candidate: sourceName(this.current.source, this.ground.provider.id), outcome });
  }

  private skip(source: Source, outcome: string): void {
    this.steps.push({ candidate: sourceName(source, this.ground.provider.id), outcome });
  }

  private end(): undefined {
    this.isOver = true;
    return undefined;
  }
}

/** A reference beats what stands beside it (reference E.3). */
function held(profile: Exclude<Profile, OAuthProfile>): { value?: string; reference?: KeyReference } {
  return profile.type === 'api_key'
    ? { value: profile.key, reference: profile.keyRef }
    : { value: profile.token, reference: profile.tokenRef };
}

function isRateLimited(kind: FailureKind, message: string): boolean {
  return kind === 'rate_limit' || isRateLimit(message);
}

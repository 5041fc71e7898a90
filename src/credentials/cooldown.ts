import type { FailureKind } from './failure-kind.js';
import type { ProfileUsage } from './profile.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long a profile rests after its first, second, third … failure in a row (reference F.4). */
const LADDER: readonly number[] = [MINUTE, 5 * MINUTE, 25 * MINUTE, HOUR];

/** How long what money or a person must mend is left alone. In milliseconds. */
export interface CooldownRules {
  readonly billingBackoffMs: number;
  readonly billingMaxMs: number;
  readonly permanentBackoffMs: number;
  readonly permanentMaxMs: number;
  /** Failures further apart than this are not "in a row". */
  readonly failureWindowMs: number;
}

export const COOLDOWN_RULES: CooldownRules = {
  billingBackoffMs: 5 * HOUR,
  billingMaxMs: 24 * HOUR,
  permanentBackoffMs: 10 * MINUTE,
  permanentMaxMs: HOUR,
  failureWindowMs: 24 * HOUR,
};

export interface Failure {
  readonly kind: FailureKind;
  /** The model that was asked, as the provider names it. */
  readonly model?: string;
}

export interface Block {
  readonly kind: 'cooldown' | 'disabled';
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Faults of the request or of the network say nothing about the credential. */
const NOT_THE_CREDENTIALS: ReadonlySet<FailureKind> = new Set(['format', 'model_not_found']);

/** The usage after a failure at `now`. A running cooldown is never made longer: failures within it are its own echo. */
export function afterFailure(
  usage: ProfileUsage,
  failure: Failure,
  now: number,
  rules: CooldownRules = COOLDOWN_RULES,
): ProfileUsage {
  const { kind } = failure;
  if (NOT_THE_CREDENTIALS.has(kind)) return usage;
  const inARow = now - (usage.lastFailureAt ?? -Infinity) <= rules.failureWindowMs;
  const counts = inARow ? (usage.failureCounts ?? {}) : {};
  const count = (counts[kind] ?? 0) + 1;
  const counted: ProfileUsage = {
    ...usage,
    errorCount: (inARow ? (usage.errorCount ?? 0) : 0) + 1,
    failureCounts: { ...counts, [kind]: count },
    lastFailureAt: now,
  };
  if (kind === 'billing')
    return disabled(counted, kind, now + doubling(rules.billingBackoffMs, count, rules.billingMaxMs), now);
  if (kind === 'auth_permanent') {
    return disabled(counted, kind, now + doubling(rules.permanentBackoffMs, count, rules.permanentMaxMs), now);
  }
  return cooling(counted, failure, now);
}

/** The usage after a success at `now`: everything is forgiven. */
export function afterSuccess(usage: ProfileUsage, now: number): ProfileUsage {
  return { ...forgiven(usage), lastUsed: now };
}

const FAILURE_FIELDS: ReadonlySet<string> = new Set([
  'cooldownUntil',
  'cooldownReason',
  'cooldownModel',
  'disabledUntil',
  'disabledReason',
  'errorCount',
  'failureCounts',
  'lastFailureAt',
]);

/** Without its failures: a new login of the provider clears them. */
export function forgiven(usage: ProfileUsage): ProfileUsage {
  return Object.fromEntries(Object.entries(usage).filter(([field]) => !FAILURE_FIELDS.has(field)));
}

/** These share one account's limits among many models themselves: letting a profile of theirs rest would shut all of them. */
const NEVER_RESTING: ReadonlySet<string> = new Set(['openrouter', 'kilocode']);

/** What of a profile's usage counts at its provider (reference F.4). */
export function countedUsage(provider: string, usage: ProfileUsage | undefined): ProfileUsage | undefined {
  return usage && NEVER_RESTING.has(provider) ? forgiven(usage) : usage;
}

/** Why a profile must not be used at `now` for `model`, or undefined when it may. */
export function blockOf(usage: ProfileUsage | undefined, model: string | undefined, now: number): Block | undefined {
  if (!usage) return undefined;
  if ((usage.disabledUntil ?? 0) > now) {
    return { kind: 'disabled', reason: usage.disabledReason ?? 'unknown', until: usage.disabledUntil! };
  }
  const concerns = usage.cooldownModel === undefined || model === undefined || usage.cooldownModel === model;
  if ((usage.cooldownUntil ?? 0) <= now || !concerns) return undefined;
  return { kind: 'cooldown', reason: usage.cooldownReason ?? 'unknown', until: usage.cooldownUntil! };
}

/** Until when a profile must be used for no model at all, in ms since the epoch; 0 when it may be used for some. */
export function restsUntil(usage: ProfileUsage | undefined, now: number): number {
  if (!usage) return 0;
  const { disabledUntil = 0, cooldownUntil = 0, cooldownModel } = usage;
  const until = Math.max(disabledUntil, cooldownModel === undefined ? cooldownUntil : 0);
  return until > now ? until : 0;
}

function cooling(usage: ProfileUsage, { kind, model }: Failure, now: number): ProfileUsage {
  const isRunning = (usage.cooldownUntil ?? 0) > now;
  // A second model, or another reason, widens a cooldown that was one model's alone.
  const isNarrow = kind === 'rate_limit' && model !== undefined;
  const stays = isNarrow && (!isRunning || usage.cooldownModel === model);
  const { cooldownModel: _before, ...rest } = usage;
  const until = isRunning ? usage.cooldownUntil! : now + LADDER[Math.min(usage.errorCount!, LADDER.length) - 1]!;
  return { ...rest, cooldownUntil: until, cooldownReason: kind, ...(stays && { cooldownModel: model }) };
}

function disabled(usage: ProfileUsage, reason: FailureKind, until: number, now: number): ProfileUsage {
  if ((usage.disabledUntil ?? 0) > now) return usage;
  return { ...usage, disabledUntil: until, disabledReason: reason };
}

function doubling(first: number, count: number, most: number): number {
  return Math.max(MINUTE, Math.min(first * 2 ** (count - 1), most));
}

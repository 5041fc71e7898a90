import { afterFailure, afterSuccess, blockOf } from './cooldown.js';
import type { FailureKind } from './failure-kind.js';
import type { ProfileUsage } from './profile.js';

const NOON = Date.UTC(2026, 0, 9, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The usage after these failures, each at the moment when the rest after the one before it is over. */
function failedInARow(kind: FailureKind, times: number, model?: string): { usage: ProfileUsage; now: number } {
  let usage: ProfileUsage = {};
  let now = NOON;
  for (let time = 0; time < times; time += 1) {
    now = Math.max(now, usage.cooldownUntil ?? 0, usage.disabledUntil ?? 0);
    usage = afterFailure(usage, { kind, model }, now);
  }
  return { usage, now };
}

describe('how long a profile rests', () => {
  // prettier-ignore
  it.each<[FailureKind, number, number]>([
    // failure          in a row  rest
    ['rate_limit',      1,        MINUTE],
    ['rate_limit',      2,        5 * MINUTE],
    ['rate_limit',      3,        25 * MINUTE],
    ['rate_limit',      4,        HOUR],
    ['rate_limit',      9,        HOUR],
    ['auth',            2,        5 * MINUTE],
    ['billing',         1,        5 * HOUR],
    ['billing',         2,        10 * HOUR],
    ['billing',         3,        20 * HOUR],
    ['billing',         4,        24 * HOUR],
    ['auth_permanent',  1,        10 * MINUTE],
    ['auth_permanent',  2,        20 * MINUTE],
    ['auth_permanent',  5,        HOUR],
  ])('%s, number %i: %i ms', (kind, times, rest) => {
    const { usage, now } = failedInARow(kind, times);

    expect(blockOf(usage, undefined, now)).toMatchObject({ reason: kind, until: now + rest });
    expect(blockOf(usage, undefined, now + rest)).toBeUndefined();
  });

  it('a fault of the request says nothing about the credential', () => {
    expect(afterFailure({}, { kind: 'format' }, NOON)).toEqual({});
    expect(afterFailure({}, { kind: 'model_not_found' }, NOON)).toEqual({});
  });

  it('a running rest is never made longer', () => {
    const once = afterFailure({}, { kind: 'overloaded' }, NOON);
    const again = afterFailure(once, { kind: 'overloaded' }, NOON + 30_000);

    expect(again.cooldownUntil).toBe(NOON + MINUTE);
    expect(again.errorCount).toBe(2);
  });

  it('failures more than a day apart begin anew', () => {
    const { usage, now } = failedInARow('timeout', 3);

    expect(afterFailure(usage, { kind: 'timeout' }, now + 24 * HOUR + 1)).toMatchObject({ errorCount: 1 });
  });

  it('a success forgives everything and is remembered', () => {
    const { usage, now } = failedInARow('billing', 2);

    expect(afterSuccess({ ...usage, ours: 'kept' }, now)).toEqual({ lastUsed: now, ours: 'kept' });
  });
});

describe('a rate limit is a model’s own', () => {
  const limited = afterFailure({}, { kind: 'rate_limit', model: 'opus' }, NOON);

  it('other models go on', () => {
    expect(blockOf(limited, 'opus', NOON)).toMatchObject({ reason: 'rate_limit' });
    expect(blockOf(limited, 'haiku', NOON)).toBeUndefined();
    expect(blockOf(limited, undefined, NOON)).toMatchObject({ reason: 'rate_limit' });
  });

  it.each([
    ['another model', { kind: 'rate_limit', model: 'haiku' }],
    ['another reason', { kind: 'auth', model: 'opus' }],
  ] as const)('%s widens it', (_, failure) => {
    const widened = afterFailure(limited, failure, NOON + 1);

    expect(blockOf(widened, 'sonnet', NOON + 1)).toMatchObject({ until: NOON + MINUTE });
  });
});

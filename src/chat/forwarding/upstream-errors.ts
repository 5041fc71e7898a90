import { type FailureKind, failureKind, remedyFor } from '../../credentials/failure-kind.js';
import type { Tried } from '../model-call.js';
import { type UpstreamCode, UpstreamFailure } from '../upstream-failure.js';
import type { Trouble } from './trouble.js';

/** What a failure is on the outside. `theirs`: the provider speaks about the request itself, in its own words. */
type Row = readonly [code: UpstreamCode, status: number, shouldRetry: boolean, sentence: string | 'theirs'];

/**
 * Never a 401 or 429, which are the gateway's own words about its callers (S184). Faults of the request keep the
 * provider's status and words: only the caller can mend them.
 */
// prettier-ignore
const ROWS: Readonly<Record<FailureKind, Row>> = {
  auth:            ['upstream_auth',            502, false, 'refuses the credential that the gateway has for it; an operator can see why: doorward models status --probe'],
  auth_permanent:  ['upstream_auth',            502, false, 'refuses the credential that the gateway has for it; an operator can see why: doorward models status --probe'],
  session_expired: ['upstream_auth',            502, false, 'no longer accepts the login that the gateway has for it; an operator can renew it: doorward models auth login'],
  billing:         ['upstream_billing',         502, false, 'answers no more until the account that the gateway has with it is paid for'],
  rate_limit:      ['upstream_rate_limited',    503, true,  'is asked too often just now; try again later'],
  overloaded:      ['upstream_overloaded',      503, true,  'has too much to do just now; try again later'],
  timeout:         ['upstream_timeout',         504, true,  'does not answer in time'],
  model_not_found: ['upstream_not_found',       404, false, 'theirs'],
  format:          ['upstream_invalid_request', 400, false, 'theirs'],
  unknown:         ['upstream_error',           502, true,  'theirs'],
};

/** A status that says nothing: what is left to judge by is the words. */
const UNSAID = 599;

/**
 * A kind says who is asked next, and is wider than what can be told: a 502 that comes at once is not late, and a 500 says
 * nothing of load unless its words do.
 */
function rowOf({ kind, status, message }: Trouble): Row {
  const isWider =
    kind === 'timeout'
      ? status === 502
      : kind === 'overloaded' && status === 500 && failureKind({ status: UNSAID, message }) !== kind;
  return ROWS[isWider ? 'unknown' : kind];
}

/** Faults of the request that keep their number; others of the kind become 400. */
const KEPT: ReadonlySet<number> = new Set([400, 413, 415, 422]);

const PATIENCE_MS = 1000;

/** What callers are told of a failure. */
export function upstreamFailure(provider: string, trouble: Trouble, tried: readonly Tried[]): UpstreamFailure {
  const { kind, status: said, message, isUnreachable, isOurs, retryAfterMs } = trouble;
  if (isUnreachable || isOurs) {
    const code = isUnreachable ? 'upstream_unreachable' : 'upstream_error';
    const isLasting = said >= 300 && said < 400;
    const detail = { code, status: 502, shouldRetry: !isLasting, provider, tried } as const;
    return new UpstreamFailure(`${provider} ${message}`, detail);
  }
  const [code, status, shouldRetry, sentence] = rowOf(trouble);
  const remedy = remedyFor(message);
  return new UpstreamFailure(
    `${provider} ${sentence === 'theirs' ? `answers: ${message}` : sentence}${remedy ? `; ${remedy}` : ''}`,
    {
      code: said === 413 ? 'upstream_too_large' : code,
      status: kind === 'format' && KEPT.has(said) ? said : status,
      shouldRetry: shouldRetry && !(kind === 'unknown' && said < 500 && said !== 0),
      provider,
      tried,
      ...(sentence === 'theirs' && trouble.param !== undefined && { param: trouble.param }),
      ...(shouldRetry && { retryAfterMs: retryAfterMs ?? PATIENCE_MS }),
    },
  );
}

/** What callers are told where nothing could be tried: no credential, or all of them rest until `restsUntilMs` from now. */
export function noCredentials(
  provider: string,
  restsForMs: number | undefined,
  tried: readonly Tried[],
): UpstreamFailure {
  if (restsForMs !== undefined) {
    const detail = { code: 'upstream_rate_limited', status: 503, shouldRetry: true, provider, tried } as const;
    const retryAfterMs = Math.max(restsForMs, PATIENCE_MS);
    return new UpstreamFailure(`every credential for ${provider} rests after failures; try again later`, {
      ...detail,
      retryAfterMs,
    });
  }
  const message = `the gateway has no credential for ${provider}; an operator can add one: doorward models auth add --provider ${provider}`;
  return new UpstreamFailure(message, {
    code: 'upstream_no_credentials',
    status: 503,
    shouldRetry: false,
    provider,
    tried,
  });
}

/** Nobody is sent away for longer, whatever a provider says. In milliseconds. */
const LONGEST_MS = 24 * 3_600_000;

/** How long a provider wants to be left alone: `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110 section 10.2.3). */
export function retryAfterMs(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  now: number,
): number | undefined {
  const inMs = numberOf(headers['retry-after-ms']);
  if (inMs !== undefined) return Math.min(inMs, LONGEST_MS);
  const said = headers['retry-after'];
  const seconds = numberOf(said);
  if (seconds !== undefined) return Math.min(seconds * 1000, LONGEST_MS);
  // Date.parse finds a date in nearly anything.
  const date = typeof said === 'string' && /^[a-z]{3},? /i.test(said) ? Date.parse(said) : NaN;
  return Number.isNaN(date) ? undefined : Math.min(Math.max(date - now, 0), LONGEST_MS);
}

function numberOf(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}

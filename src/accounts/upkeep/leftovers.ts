/** Rows that nobody can use again, and nobody is shown: a table, its key, and which of its rows. */
interface Leftover {
  readonly table: string;
  readonly key: string;
  readonly condition: string;
}

/**
 * What is left of what has ended, in the order in which it goes: what hangs on a sign-in before the sign-in, so that no
 * single row takes thousands with it. Ended tokens stay in the lists for a month; the audit has its own rows, for ever.
 * A request for pairing expires minutes after it was made, and was decided by then.
 */
// prettier-ignore
const LEFTOVERS: readonly Leftover[] = [
  { table: 'refresh_tokens',     key: 'token_digest', condition: endedFor('7 days') },
  { table: 'gateway_tokens',     key: 'id',           condition: endedFor('30 days', 'revoked_at') },
  { table: 'user_sessions',      key: 'id',           condition: endedFor('30 days', 'revoked_at') },
  { table: 'user_invitations',   key: 'id',           condition: endedFor('30 days') },
  { table: 'mail_codes',         key: 'id',           condition: endedFor('90 days') }, // whose addresses are known places
  { table: 'oauth_device_codes', key: 'id',           condition: endedFor('1 hour') },
  { table: 'oidc_sign_ins',      key: 'state_digest', condition: endedFor('1 hour') },
  { table: 'pairing_requests',   key: 'id',           condition: endedFor('30 days') }, // until then a device can claim its token
];

/** By the clock of the database: expired so long ago, or at one of those moments ended before. */
function endedFor(time: string, ...moments: readonly string[]): string {
  return ['expires_at', ...moments].map((moment) => `${moment} < now() - interval '${time}'`).join(' OR ');
}

/** Statements that take away $1 rows at most and say how many those were; who works with a row just now keeps it. */
export const TAKE_AWAY: readonly string[] = LEFTOVERS.map(
  ({ table, key, condition }) => `
  WITH gone AS (
    DELETE FROM ${table} WHERE ${key} IN (
      SELECT ${key} FROM ${table} WHERE ${condition} LIMIT $1 FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*)::int AS gone FROM gone`,
);

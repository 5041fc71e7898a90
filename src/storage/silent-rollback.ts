/**
 * PostgreSQL answers COMMIT of a transaction in which a statement failed with ROLLBACK, and calls it a success. Code
 * that caught the statement's error would then report as stored what is gone.
 */
export function refuseSilentRollback(sql: string, command: string | undefined): void {
  if (sql === 'COMMIT' && command === 'ROLLBACK') {
    throw new RolledBack('the transaction was rolled back: a statement in it had failed');
  }
}

/** The commit did not happen. A mistake of the code that went on after an error, not an outage. */
export class RolledBack extends Error {
  override readonly name = 'RolledBack';
}

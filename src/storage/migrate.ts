import { type DataSource, MigrationExecutor } from 'typeorm';
import { type Isolation, isolateTenants } from './tenant-isolation.js';

/**
 * Applies what is missing, all of it in one transaction that holds an advisory lock: replicas that start together
 * wait for one another, and an interrupted upgrade leaves nothing behind. The lock belongs to the transaction and not
 * to the session, so it also works through a pooler and goes by itself when the connection breaks.
 * Says what keeps tenants apart afterwards.
 */
export async function migrate(source: DataSource): Promise<Isolation> {
  const runner = source.createQueryRunner();
  try {
    await runner.startTransaction();
    await runner.query('set local statement_timeout = 0');
    await runner.query(`select pg_advisory_xact_lock(hashtext('doorward migrations'))`);
    await new MigrationExecutor(source, runner).executePendingMigrations();
    const isolation = await isolateTenants(runner);
    await runner.commitTransaction();
    return isolation;
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}

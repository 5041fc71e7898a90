import type { INestApplicationContext } from '@nestjs/common';
import { SetupCodes } from './accounts/registration/setup-codes.js';
import { Unavailable } from './kernel/errors.js';
import type { Log } from './kernel/log.js';
import { Database } from './storage/database.js';

/**
 * The code by which the first owner signs up, to be shown with the address; undefined where none is of use. A database
 * that comes only later has it in the log, since the screen was written by then.
 */
export async function setupCodeOf(app: INestApplicationContext, log: Log): Promise<string | undefined> {
  const database = app.get(Database);
  const codes = app.get(SetupCodes, { strict: false });
  if (database.mode === 'none') return undefined;
  if (database.state().ready) {
    const code = await codes.offer().catch(unlessUnavailable);
    if (code !== undefined || database.state().ready) return code;
  }
  let told = false;
  database.onReady(() => {
    if (told) return;
    told = true;
    codes.offer().then(
      (code) => code && log.warn(`accounts: nobody has signed up yet; the first owner signs up with the code ${code}`),
      (error: unknown) => log.error('accounts: no setup code could be made', { error }),
    );
  });
  return undefined;
}

function unlessUnavailable(error: unknown): undefined {
  if (!(error instanceof Unavailable)) throw error;
  return undefined;
}

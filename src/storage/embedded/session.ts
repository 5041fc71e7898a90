import { EventEmitter } from 'node:events';
import type { PGlite, Results } from '@electric-sql/pglite';
import { Unavailable } from '../../kernel/errors.js';
import { refuseSilentRollback } from '../silent-rollback.js';
import type { Turn } from './turn.js';

/** An answer in the form of the `pg` package. */
export interface Answer {
  readonly rows: unknown[];
  readonly rowCount: number;
  readonly command: string;
}

/** The database's only session, lent to one borrower at a time. It looks like a client of `pg` to TypeORM. */
export class Session extends EventEmitter {
  private ended: string | undefined;

  constructor(
    private readonly database: PGlite,
    private readonly turn: Turn,
    private readonly onUse: () => void,
  ) {
    super();
  }

  /** Without parameters a text may hold several statements; the answer is the last one's. */
  async query(sql: string, parameters?: unknown[]): Promise<Answer> {
    if (this.ended !== undefined) throw new Unavailable(`database: ${this.ended}`);
    this.onUse();
    await this.turn.take();
    const result = parameters?.length
      ? await this.database.query(sql, parameters)
      : (await this.database.exec(sql)).at(-1)!;
    refuseSilentRollback(sql, result.command);
    return answer(result);
  }

  /** Takes the session away from its borrower, who is told `reason` from now on. */
  end(reason: string): void {
    this.ended ??= reason;
  }
}

function answer({ rows, rowCount, affectedRows, command }: Results<unknown>): Answer {
  return { rows, rowCount: rowCount ?? (affectedRows || rows.length), command: command ?? '' };
}

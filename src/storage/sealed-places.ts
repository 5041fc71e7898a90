import type { EntityManager } from 'typeorm';
import { open, seal, sealedWith, type SealingKey } from '../kernel/seal.js';
import { purposeOfDataKey } from './data-keys.js';

/** A column whose text is sealed with the encryption key itself. */
interface SealedPlace {
  readonly table: string;
  readonly column: string;
  readonly purposeOf: (id: string) => string;
}

/** Every such column: a new one that is missing here would be lost when the encryption key is changed. */
// prettier-ignore
const PLACES: readonly SealedPlace[] = [
  { table: 'data_keys',    column: 'sealed',         purposeOf: purposeOfDataKey },
  { table: 'signing_keys', column: 'private_sealed', purposeOf: (id) => `signing-key:${id}` },
];

/**
 * Seals everything anew that was sealed with `from`, and returns how much that was. What another gateway has sealed with
 * a key of its own is left as it is. Throws Unsealable, and the transaction with it, when something was damaged.
 */
export async function sealAnew(from: SealingKey, to: SealingKey, manager: EntityManager): Promise<number> {
  let count = 0;
  for (const { table, column, purposeOf } of PLACES) {
    const rows = await manager.query<{ id: string; sealed: string }[]>(
      `SELECT id, ${column} AS sealed FROM ${table} WHERE sealed_with = $1 ORDER BY id FOR UPDATE`,
      [from.id],
    );
    for (const { id, sealed } of rows.filter((row) => sealedWith(row.sealed) === from.id)) {
      const next = seal(open(sealed, from, purposeOf(id)), to, purposeOf(id));
      await manager.query(`UPDATE ${table} SET ${column} = $2, sealed_with = $3 WHERE id = $1`, [id, next, to.id]);
      count += 1;
    }
  }
  return count;
}

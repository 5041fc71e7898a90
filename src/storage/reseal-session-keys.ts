import type { EntityManager } from 'typeorm';
import { open, seal } from '../kernel/seal.js';
import type { DataKeys } from './data-keys.js';
import type { Database } from './database.js';

/** What the key of a conversation is sealed for. */
export const purposeOfSessionKey = (id: string): string => `chat-session:${id}`;

/** Conversations whose keys are sealed anew in one transaction: those who write in them wait for no more than that. */
const AT_ONCE = 500;

/**
 * Seals the keys of conversations with the current data key that are not sealed with it. Those keys stay what they are:
 * no message is touched.
 */
export async function resealSessionKeys(database: Database, keys: DataKeys, current: string): Promise<void> {
  while ((await database.transaction((manager) => resealSome(keys, current, manager))) > 0);
}

async function resealSome(keys: DataKeys, current: string, manager: EntityManager): Promise<number> {
  const rows = await manager.query<{ id: string; sealed: string; sealedWith: string }[]>(
    `SELECT id, key_sealed AS sealed, sealed_with AS "sealedWith" FROM chat_sessions
      WHERE sealed_with <> $1 ORDER BY id LIMIT ${AT_ONCE} FOR UPDATE`,
    [current],
  );
  if (rows.length === 0) return 0;
  const to = await keys.current(manager);
  // Another rotation has made a newer key meanwhile: it seals them.
  if (to.id !== current) return 0;
  for (const { id, sealed, sealedWith } of rows) {
    const from = await keys.find(sealedWith, (sql, parameters) => manager.query(sql, [...(parameters ?? [])]));
    const purpose = purposeOfSessionKey(id);
    await manager.query(`UPDATE chat_sessions SET key_sealed = $2, sealed_with = $3 WHERE id = $1`, [
      id,
      seal(open(sealed, from, purpose), to, purpose),
      to.id,
    ]);
  }
  return rows.length;
}

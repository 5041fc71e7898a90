import type { EntityManager } from 'typeorm';
import { open, seal } from '../../kernel/seal.js';
import type { DataKeys } from '../../storage/data-keys.js';
import type { Database } from '../../storage/database.js';
import { lockProfiles, purposeOfProfiles } from '../stores/profile-rows.js';

/**
 * Seals the profiles of every agent with the current data key that are not sealed with it, one agent in one transaction,
 * and returns how many that were. Their version stays: nobody has to read them again.
 */
export async function resealProfiles(database: Database, keys: DataKeys, current: string): Promise<number> {
  const rows = await database.query<{ agent: string }>(
    `SELECT agent FROM auth_profiles WHERE sealed_with <> $1 ORDER BY agent`,
    [current],
  );
  for (const { agent } of rows) await database.transaction((manager) => reseal(agent, keys, manager));
  return rows.length;
}

async function reseal(agent: string, keys: DataKeys, manager: EntityManager): Promise<void> {
  await lockProfiles(agent, manager);
  const [row] = await manager.query<{ sealed: string; sealedWith: string }[]>(
    `SELECT sealed, sealed_with AS "sealedWith" FROM auth_profiles WHERE agent = $1`,
    [agent],
  );
  const to = await keys.current(manager);
  if (!row || row.sealedWith === to.id) return;
  const from = await keys.find(row.sealedWith, (sql, parameters) => manager.query(sql, [...(parameters ?? [])]));
  const purpose = purposeOfProfiles(agent);
  const sealed = seal(open(row.sealed, from, purpose), to, purpose);
  await manager.query(`UPDATE auth_profiles SET sealed = $2, sealed_with = $3 WHERE agent = $1`, [
    agent,
    sealed,
    to.id,
  ]);
}

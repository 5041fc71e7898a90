import type { EntityManager } from 'typeorm';

/** More than anybody has programs: the oldest token makes room (S232). */
export const MOST_EXCHANGED = 500;

/** Ends what a person has beyond that of tokens for their sign-ins. What an operator made for them is not counted. */
export async function makeTokenRoom(userId: string, manager: EntityManager): Promise<void> {
  await manager.query(MAKE_ROOM, [userId, MOST_EXCHANGED]);
}

/** Of several at once each ends what none other does: nobody waits for a row that somebody else is ending. */
const MAKE_ROOM = `
  UPDATE gateway_tokens SET revoked_at = now() WHERE id IN (
    SELECT id FROM gateway_tokens
     WHERE user_id = $1 AND session_id IS NOT NULL AND revoked_at IS NULL AND expires_at > now()
     ORDER BY expires_at DESC, id OFFSET $2 FOR UPDATE SKIP LOCKED)`;

import type { EntityManager } from 'typeorm';
import { digest, newOneTimeCode } from '../../kernel/crypto.js';
import type { MailPurpose } from '../../storage/entities/mail-code.js';

/** How long a code is good, in minutes. */
const CODE_LIFE_MIN: Readonly<Record<MailPurpose, number>> = { 'verify-email': 24 * 60, 'reset-password': 60 };

/** Nobody's mailbox is filled by others: so many letters of one kind go to a person within an hour. */
const MOST_PER_HOUR = 5;

/** Whose code it was. */
export interface SpentCode {
  readonly userId: string;
  readonly tenantId: string;
  readonly email: string;
}

/** A new code for a person's mailbox; undefined when they had enough of them lately. */
export async function newMailCode(
  userId: string,
  purpose: MailPurpose,
  manager: EntityManager,
): Promise<string | undefined> {
  const code = newOneTimeCode();
  const made = await manager.query<unknown[]>(MAKE, [
    userId,
    purpose,
    digest(code),
    CODE_LIFE_MIN[purpose],
    MOST_PER_HOUR,
  ]);
  return made.length > 0 ? code : undefined;
}

/** Whose code this is, while it is good; it stays good. */
export async function findMailCode(
  code: string,
  purpose: MailPurpose,
  manager: EntityManager,
): Promise<SpentCode | undefined> {
  const [found] = await manager.query<SpentCode[]>(FIND, [digest(code), purpose]);
  return found;
}

/**
 * Finds and spends in one statement: of any number that show a code at once, one succeeds. The person's other codes of
 * the same purpose end with it. Undefined for what was never ours, was used, has ended, or went to an address that the
 * person no longer has.
 */
export async function spendMailCode(
  code: string,
  purpose: MailPurpose,
  from: string | undefined,
  manager: EntityManager,
): Promise<SpentCode | undefined> {
  const [spent] = await manager.query<SpentCode[]>(SPEND, [digest(code), purpose, from ?? null]);
  if (spent) await manager.query(END_OTHERS, [spent.userId, purpose]);
  return spent;
}

const MAKE = `
  WITH gone AS (DELETE FROM mail_codes WHERE expires_at < now() - interval '90 days')
  INSERT INTO mail_codes (tenant_id, user_id, purpose, email, code_digest, expires_at)
  SELECT u.tenant_id, u.id, $2, u.email, $3, now() + make_interval(mins => $4)
    FROM users u
   WHERE u.id = $1 AND u.status = 'active'
     AND (SELECT count(*) FROM mail_codes
           WHERE user_id = $1 AND purpose = $2 AND created_at > now() - interval '1 hour') < $5
  RETURNING id`;

const GOOD = `
  c.code_digest = $1 AND c.purpose = $2 AND c.used_at IS NULL AND c.expires_at > now()
  AND u.id = c.user_id AND u.email = c.email AND u.status = 'active'`;

const FIND = `
  SELECT u.id AS "userId", u.tenant_id AS "tenantId", u.email FROM mail_codes c, users u WHERE ${GOOD}`;

const SPEND = `
  WITH spent AS (
    UPDATE mail_codes c SET used_at = now(), used_from = $3 FROM users u WHERE ${GOOD}
    RETURNING u.id AS "userId", u.tenant_id AS "tenantId", u.email)
  SELECT * FROM spent`;

const END_OTHERS = `
  UPDATE mail_codes SET expires_at = now()
   WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > now()`;

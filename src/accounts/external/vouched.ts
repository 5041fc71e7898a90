import type { Claims } from './jwt-claims.js';
import type { GivenRole } from './external.settings.js';

/** Somebody for whom an issuer vouches: `issuer` and `subject` are who it is, the rest is what else was said. */
export interface Vouched {
  readonly issuer: string;
  readonly subject: string;
  /** In lower case; only where the issuer says that it was verified. */
  readonly email?: string;
  readonly displayName?: string;
}

/** Whom of those the configuration lets in, and as what. */
export interface EntryPolicy {
  /** The id or the name of a tenant. */
  readonly tenant: string;
  readonly role: GivenRole;
  readonly subjects: readonly string[];
  readonly emails: readonly string[];
  readonly domains: readonly string[];
  readonly provision: boolean;
  readonly trustEmail: boolean;
  /** Whether a user may be made for somebody without a verified e-mail address: a machine. */
  readonly nameless: boolean;
}

const EMAIL = /^[^\s@"(),:;<>[\\\]]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*$/;

/** Who claims of an issuer are about. An address that was not verified is anybody's, and is not taken over. */
export function vouchedBy(issuer: string, claims: Claims, emailClaim = 'email'): Vouched {
  const { sub, name } = claims;
  const address = claims['email_verified'] === true ? claims[emailClaim] : undefined;
  const email = typeof address === 'string' ? address.toLowerCase() : undefined;
  return {
    issuer,
    subject: sub as string,
    ...(email !== undefined && email.length <= 254 && EMAIL.test(email) && { email }),
    ...(typeof name === 'string' && name.trim() !== '' && { displayName: name.trim().slice(0, 200) }),
  };
}

/** Whether the lists of a policy name somebody. No list at all names everybody of the issuer. */
export function isListed({ subject, email }: Vouched, { subjects, emails, domains }: EntryPolicy): boolean {
  if (subjects.length + emails.length + domains.length === 0) return true;
  if (subjects.includes(subject)) return true;
  if (email === undefined) return false;
  return emails.some((listed) => listed.toLowerCase() === email) || domains.includes(email.split('@')[1]!);
}

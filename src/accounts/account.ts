import type { UserRole } from './roles.js';

/** A person who signed in, as an access token shows them. What they are and may is read from the rows, not from the token. */
export interface Account {
  readonly userId: string;
  readonly tenantId: string;
  readonly sessionId: string;
  readonly email: string;
  readonly role: UserRole;
  /** When the access token ends, in milliseconds of our clock. */
  readonly endsAt: number;
}

/** A person for whom tokens are made. */
export interface SessionOwner {
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly role: UserRole;
}

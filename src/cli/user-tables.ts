import { ago } from './age.js';
import type { Row } from './pages.js';
import { table } from './table.js';
import { word } from './terminal.js';

/** People, a line each. `now` in milliseconds since the epoch. */
export function userTable(users: readonly Row[], now: number): string {
  const rows = users.map((user) => [
    word(user['id']),
    word(user['email']),
    word(user['displayName']),
    word(user['role']),
    word(user['status']),
    ago(user['signedInAt'], now) || 'never',
  ]);
  return table(['ID', 'EMAIL', 'NAME', 'ROLE', 'STATUS', 'SIGNED IN'], rows);
}

/** Open invitations, a line each. */
export function invitationTable(invitations: readonly Row[]): string {
  const rows = invitations.map((one) => [
    word(one['id']),
    word(one['email']),
    word(one['role']),
    word(one['expiresAt']),
    word(one['invitedBy']),
  ]);
  return table(['ID', 'EMAIL', 'ROLE', 'EXPIRES', 'INVITED BY'], rows);
}

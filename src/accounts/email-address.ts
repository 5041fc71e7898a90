/**
 * The one form of an e-mail address, for rows, limits and look-ups alike (S143): no blanks around it, lower case. Only
 * ASCII comes in (the bodies see to that), so that lower case is the same here and in the database.
 */
export function canonicalEmail(address: string): string {
  return address.trim().toLowerCase();
}

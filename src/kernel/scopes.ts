/** What an identity may do. The list is closed: an unknown word is an error, never "close enough" (S023). */
export const SCOPES = [
  'operator.read',
  'operator.write', //     implies read
  'operator.approvals',
  'operator.pairing',
  'operator.admin', //     implies all
] as const;

export type Scope = (typeof SCOPES)[number];

export const ALL_SCOPES: readonly Scope[] = SCOPES;

/** The roles of a WebSocket client; `control` is the documents' word for `operator`. */
export const ROLES = ['operator', 'node', 'webchat'] as const;

export type Role = (typeof ROLES)[number];

/** The role behind a client's word, or undefined for a word that we do not know. */
export function parseRole(word: string): Role | undefined {
  return word === 'control' ? 'operator' : ROLES.find((role) => role === word);
}

export function isScope(word: string): word is Scope {
  return (SCOPES as readonly string[]).includes(word);
}

/** Whether `held` covers `wanted`: admin covers all, write covers read. */
export function covers(held: readonly Scope[], wanted: Scope): boolean {
  return (
    held.includes(wanted) ||
    held.includes('operator.admin') ||
    (wanted === 'operator.read' && held.includes('operator.write'))
  );
}

/** The part of `asked` that `held` covers, in the order asked: a client can only narrow (contract section 3). */
export function narrow(held: readonly Scope[], asked: readonly Scope[]): Scope[] {
  return asked.filter((scope) => covers(held, scope));
}

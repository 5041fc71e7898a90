import type { Scope } from './api.js';
import type { Person } from './session.js';

/** What each scope allows, in words. The first that is missing for a role ends what the role may give. */
// prettier-ignore
export const SCOPES: readonly (readonly [Scope, name: string, what: string])[] = [
  ['operator.read',      'Read',           'See agents, sessions, devices.'],
  ['operator.write',     'Read and write', 'Talk to agents, change what one sees.'],
  ['operator.approvals', 'Approvals',      'Answer what agents ask permission for.'],
  ['operator.pairing',   'Pairing',        'Let devices in and revoke them.'],
  ['operator.admin',     'Everything',     'All of that, and users, tokens and settings.'],
];

const BY_ROLE: Readonly<Record<Person['user']['role'], readonly Scope[]>> = {
  owner: SCOPES.map(([scope]) => scope),
  admin: SCOPES.map(([scope]) => scope),
  member: ['operator.read', 'operator.write'],
  viewer: ['operator.read'],
};

/** The scopes that somebody of this role can hand on. The gateway decides; this only says what makes sense to ask. */
export const scopesOf = (role: Person['user']['role']): typeof SCOPES =>
  SCOPES.filter(([scope]) => BY_ROLE[role].includes(scope));

/** Without those that another one of them implies. */
export function essential(scopes: readonly Scope[]): readonly Scope[] {
  if (scopes.includes('operator.admin')) return ['operator.admin'];
  return scopes.includes('operator.write') ? scopes.filter((scope) => scope !== 'operator.read') : scopes;
}

export const nameOfScope = (scope: Scope): string => SCOPES.find(([known]) => known === scope)?.[1] ?? scope;

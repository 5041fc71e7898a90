import { ALL_SCOPES, type Scope } from '../kernel/scopes.js';
import { USER_ROLES, type UserRole } from '../storage/entities/user.js';

export { USER_ROLES, type UserRole };

/** What a user's role gives, always inside the user's tenant (contract section 3). */
// prettier-ignore
export const ROLE_SCOPES: Readonly<Record<UserRole, readonly Scope[]>> = {
  owner:  ALL_SCOPES,
  admin:  ALL_SCOPES,
  member: ['operator.read', 'operator.write'],
  viewer: ['operator.read'],
};

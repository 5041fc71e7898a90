import { ValidateBy, isArray, isObject } from 'class-validator';
import { SCOPES, isScope } from '../kernel/scopes.js';

const isScopeList = (value: unknown): boolean =>
  isArray(value) && value.every((word) => typeof word === 'string' && isScope(word));

/** A list of known scopes. */
export const ScopeList = (): PropertyDecorator =>
  ValidateBy({
    name: 'scopeList',
    validator: { validate: isScopeList, defaultMessage: () => `must be a list of scopes: ${SCOPES.join(', ')}` },
  });

/** A map from a user, `*@domain` or `*` to a list of known scopes. */
export const MapOfScopes = (): PropertyDecorator =>
  ValidateBy({
    name: 'mapOfScopes',
    validator: {
      validate: (value: unknown) => isObject(value) && Object.values(value).every(isScopeList),
      defaultMessage: () => `must map users, "*@domain" or "*" to lists of scopes: ${SCOPES.join(', ')}`,
    },
  });

const PLACEHOLDER =
  /^(undefined|null|nan|none|true|false|\[object object\]|change-?me.*|your-.*|example.*|secret|password)$/i;
const PHC_HASH = /^\$argon2(id|i|d)\$/;

/** A secret that somebody has chosen: not blank, not a sample from a manual, not a slip of a script, 16 characters or more (S059). */
export const SharedSecret = (): PropertyDecorator =>
  ValidateBy({
    name: 'sharedSecret',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' &&
        (PHC_HASH.test(value) || (value.trim().length >= 16 && !PLACEHOLDER.test(value.trim()))),
      defaultMessage: () =>
        'must be a secret of 16 characters or more and no placeholder: make one with `openssl rand -hex 32`',
    },
  });

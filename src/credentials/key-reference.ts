import type { KeyReference, Profile } from './profile.js';

/** The reference of a profile and the field in which it stands; undefined where there is none. */
export function referenceOf(profile: Profile): [field: string, reference: KeyReference] | undefined {
  if (profile.type === 'api_key' && isReference(profile.keyRef)) return ['keyRef', profile.keyRef];
  if (profile.type === 'token' && isReference(profile.tokenRef)) return ['tokenRef', profile.tokenRef];
  return undefined;
}

/** The same text for the same reference. */
export const keyOf = ({ source, provider, id }: KeyReference): string => JSON.stringify([source, provider, id]);

function isReference(value: unknown): value is KeyReference {
  if (typeof value !== 'object' || value === null) return false;
  const { source, id } = value as Partial<KeyReference>;
  return typeof source === 'string' && typeof id === 'string';
}

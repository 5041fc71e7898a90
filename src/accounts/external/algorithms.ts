/** Signatures that we take from others: each needs the private key, which a published one never is (S079). */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

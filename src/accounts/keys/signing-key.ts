import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { open, seal, type SealingKey } from '../../kernel/seal.js';

/** What new keys are made for. ECDSA on P-256: the one that every library of JWTs verifies. */
export const ALGORITHM = 'ES256';

/** A key that can sign: what it signs is told by `kid`. */
export interface Signer {
  readonly kid: string;
  readonly algorithm: string;
  readonly key: KeyObject;
}

/** A key by which others verify. */
export interface Verifier {
  readonly kid: string;
  readonly algorithm: string;
  readonly key: KeyObject;
}

/** A public key as it is published (RFC 7517). */
export type PublicJwk = Readonly<Record<string, unknown>> & {
  readonly kid: string;
  readonly alg: string;
  readonly use: 'sig';
};

const purposeOf = (id: string): string => `signing-key:${id}`;

/** A new pair: its public part as JWK, its private part sealed for the row with this id. */
export function newKeyPair(
  id: string,
  sealing: SealingKey,
): { publicJwk: object; privateSealed: string; key: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return {
    publicJwk: publicKey.export({ format: 'jwk' }),
    privateSealed: seal(pem, sealing, purposeOf(id)),
    key: privateKey,
  };
}

/** The private key of a row. Throws Unsealable when it was sealed with another key. */
export function openPrivateKey(id: string, sealed: string, sealing: SealingKey): KeyObject {
  return createPrivateKey(open(sealed, sealing, purposeOf(id)));
}

export function publicKeyOf(jwk: Readonly<Record<string, unknown>>): KeyObject {
  return createPublicKey({ key: jwk, format: 'jwk' });
}

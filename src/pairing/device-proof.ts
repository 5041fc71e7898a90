import { type KeyObject, createPublicKey, hash, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { BoundedMap } from '../kernel/bounded-map.js';
import { Refused } from '../kernel/errors.js';
import type { Role } from '../kernel/scopes.js';

/** What a client shows of its device: its key, and its signature over this connection's nonce. */
export interface DeviceClaim {
  /** Lower-case hex SHA-256 of the raw public key. */
  readonly id: string;
  /** base64url of the raw 32 bytes of an Ed25519 key; PEM is understood too. */
  readonly publicKey: string;
  /** base64url. */
  readonly signature: string;
  /** Milliseconds since the epoch, by the client's clock. */
  readonly signedAt: number;
  readonly nonce: string;
}

/** What else was signed: as the client sent it, in the order in which it was sent. */
export interface SignedFacts {
  readonly clientId: string;
  readonly clientMode: string;
  readonly role: string;
  readonly scopes: readonly string[];
  /** The first of token, device token and setup token that was sent; empty without one. */
  readonly token: string;
  readonly platform?: string;
  readonly deviceFamily?: string;
}

/** A device as a connection shows it: the claim, what else was signed, and the nonce that this connection gave out. */
export interface ShownDevice {
  readonly claim: DeviceClaim;
  readonly facts: SignedFacts;
  readonly challenge: string;
  /** The role behind the word that was signed. */
  readonly role: Role;
}

/** How far the client's clock may be off, either way. */
const SKEW_MS = 120_000;

/** What comes before the 32 raw bytes in a SubjectPublicKeyInfo of Ed25519 (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const RAW_BYTES = 32;

/** Parsing a key costs as much as using it, and devices come back. */
const keys = new BoundedMap<string, KeyObject>(16_384);

/**
 * On a thread of the pool: a signature costs as much as a whole connect of `ws`, and any stranger may send one. Here it
 * would stop everybody else for so long.
 */
const verifyAside = promisify<null, Buffer, KeyObject, Buffer, boolean>(verify);

/**
 * Proves that the caller holds the key of the device it names, on this connection and now. Resolves to the key in its one
 * spelling. Rejects with Refused, with a code for each way to fail, in the order in which clients of the family expect them.
 */
export async function proveDevice(
  claim: DeviceClaim,
  facts: SignedFacts,
  challenge: string,
  now: number,
): Promise<string> {
  const raw = rawKey(claim.publicKey);
  if (!raw || hash('sha256', raw, 'hex') !== claim.id) throw new Refused('device_id_mismatch');
  if (Math.abs(now - claim.signedAt) > SKEW_MS) throw new Refused('device_signature_expired');
  if (claim.nonce.trim() === '') throw new Refused('device_nonce_missing');
  if (claim.nonce !== challenge) throw new Refused('device_nonce_mismatch');

  const key = keyOf(claim.id, raw);
  const signature = Buffer.from(claim.signature, 'base64url');
  for (const version of ['v3', 'v2'] as const) {
    const text = Buffer.from(payload(version, claim, facts));
    if (await verifyAside(null, text, key, signature)) return raw.toString('base64url');
  }
  throw new Refused('device_signature_invalid');
}

/** The signed text: fields joined by `|`. The third version adds what kind of device it is. */
export function payload(
  version: 'v2' | 'v3',
  claim: Omit<DeviceClaim, 'signature' | 'publicKey'>,
  facts: SignedFacts,
): string {
  const { clientId, clientMode, role, scopes, token, platform, deviceFamily } = facts;
  const fields = [version, claim.id, clientId, clientMode, role, scopes.join(','), claim.signedAt, token, claim.nonce];
  if (version === 'v3') fields.push(canonicalWord(platform), canonicalWord(deviceFamily));
  return fields.join('|');
}

/** Trimmed and lower-case in ASCII alone: no other alphabet is folded into ours (S023). */
export function canonicalWord(word = ''): string {
  return word.trim().replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function rawKey(text: string): Buffer | undefined {
  if (text.includes('BEGIN PUBLIC KEY')) return pemKey(text);
  const raw = Buffer.from(text, 'base64url');
  return raw.length === RAW_BYTES ? raw : undefined;
}

function pemKey(pem: string): Buffer | undefined {
  try {
    const der = createPublicKey(pem).export({ type: 'spki', format: 'der' });
    return der.subarray(0, SPKI_PREFIX.length).equals(SPKI_PREFIX) ? der.subarray(SPKI_PREFIX.length) : undefined;
  } catch {
    // No key at all is a device that does not fit its id, like any other wrong key.
    return undefined;
  }
}

function keyOf(id: string, raw: Buffer): KeyObject {
  let key = keys.get(id);
  if (!key)
    keys.set(id, (key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' })));
  return key;
}

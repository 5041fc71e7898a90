import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';

/** A key that rows are sealed with. Its id tells who can open them, and nothing of the key. */
export class SealingKey {
  readonly id: string;

  /** Takes 32 bytes. */
  constructor(readonly bytes: Uint8Array) {
    if (bytes.length !== 32) throw new RangeError('a sealing key has 32 bytes');
    this.id = hash('sha256', Buffer.concat([Buffer.from('doorward sealing key\n'), bytes]), 'hex').slice(0, 16);
  }
}

/** What was sealed cannot be opened: by this key, or at all. */
export class Unsealable extends Error {
  override readonly name = 'Unsealable';
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^s1\.([0-9a-f]{16})\.([A-Za-z0-9_-]+)$/;

/**
 * Encrypts with AES-256-GCM and a fresh nonce. `purpose` says what it is (`signing-key:<id>`): sealed text that was put
 * in another row's place cannot be opened there. Returns `s1.<key id>.<base64url of nonce, tag and cipher text>`.
 */
export function seal(plain: string, key: SealingKey, purpose: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(purpose));
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return `s1.${key.id}.${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url')}`;
}

/** The text that was sealed with this key for this purpose. Throws Unsealable: another key, another purpose, a changed byte. */
export function open(sealed: string, key: SealingKey, purpose: string): string {
  if (sealedWith(sealed) !== key.id) throw new Unsealable('sealed with another key');
  const bytes = Buffer.from(sealed.slice(sealed.lastIndexOf('.') + 1), 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Unsealable('sealed text is cut short');

  const decipher = createDecipheriv(CIPHER, key.bytes, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(purpose));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch (error) {
    throw new Unsealable('sealed text was changed, or sealed for something else', { cause: error });
  }
}

/** The id of the key that sealed this; undefined for what is no sealed text. */
export function sealedWith(sealed: string): string | undefined {
  return SEALED.exec(sealed)?.[1];
}

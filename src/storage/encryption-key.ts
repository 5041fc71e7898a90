import { randomBytes } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SealingKey } from '../kernel/seal.js';

const FILE = 'encryption-key';
const HEX_KEY = /^[0-9a-f]{64}$/i;

/**
 * The key that secrets in rows are sealed with: `database.encryptionKey`, else a file `encryption-key` (0600) in the
 * state directory, made when it is first needed. Replicas on one database should be given the same key.
 */
export class EncryptionKey {
  private known?: Promise<SealingKey>;

  constructor(
    private readonly configured: string | undefined,
    private readonly stateDir: string,
  ) {}

  /** Rejects when the file cannot be made, or does not hold a key; it is never replaced by itself. */
  get(): Promise<SealingKey> {
    this.known ??= this.read().catch((error: unknown) => {
      this.known = undefined; // the next one who needs it tries again
      throw error;
    });
    return this.known;
  }

  private async read(): Promise<SealingKey> {
    if (this.configured !== undefined) return keyOf(this.configured);
    const path = join(this.stateDir, FILE);
    const text = (await contentOf(path)).trim();
    if (!HEX_KEY.test(text))
      throw new Error(`${path} does not hold a key of 64 hex characters: bring the right file back`);
    return keyOf(text);
  }
}

function keyOf(text: string): SealingKey {
  return new SealingKey(Buffer.from(text, 'hex'));
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await makeOnce(path);
  return readFile(path, 'utf8');
}

/** Written beside and linked into place: whoever else starts right now sees a whole file or none. */
async function makeOnce(path: string): Promise<void> {
  const own = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(own, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 });
  try {
    await link(own, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(own);
  }
}

import { randomBytes } from 'node:crypto';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../config/state-directory.js';
import { SealingKey } from '../kernel/seal.js';

const FILE = 'encryption-key';
/** The key that a change under way leads to, and the one that the last change has replaced. */
const NEXT = `${FILE}.next`;
const PREVIOUS = `${FILE}.previous`;
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

  /** Whether the configuration gives it: then nobody but the operator can replace it for good. */
  get isConfigured(): boolean {
    return this.configured !== undefined;
  }

  /**
   * The key with this id: the one in use, or one that a change of keys has left beside it when the process died in the
   * middle. Undefined for a key that is not here.
   */
  async find(id: string): Promise<SealingKey | undefined> {
    const current = await this.get();
    if (current.id === id) return current;
    for (const file of [NEXT, PREVIOUS]) {
      const path = join(this.stateDir, file);
      const text = this.isConfigured ? undefined : await unlessMissing(() => readFile(path, 'utf8'));
      const key = text === undefined ? undefined : keyIn(text, path);
      if (key?.id !== id) continue;
      if (file === NEXT) await this.finish(key); // rows are sealed with it: the change was done, and its end is missing
      return key;
    }
    return undefined;
  }

  /** Writes the next key down before anything is sealed with it, so that no crash can lose it. */
  async prepare(next: SealingKey): Promise<void> {
    if (this.isConfigured) return;
    await writeFileAtomic(join(this.stateDir, NEXT), `${Buffer.from(next.bytes).toString('hex')}\n`);
  }

  /** From now on this key is the one in use, in this process. */
  use(next: SealingKey): void {
    this.known = Promise.resolve(next);
  }

  /** Puts the prepared key in the place of the old one, which is kept beside it. */
  async settle(): Promise<void> {
    if (this.isConfigured) return;
    const [own, next, previous] = [FILE, NEXT, PREVIOUS].map((file) => join(this.stateDir, file)) as [
      string,
      string,
      string,
    ];
    await unlessMissing(async () => writeFileAtomic(previous, await readFile(own)));
    await rename(next, own);
  }

  private async finish(next: SealingKey): Promise<void> {
    this.use(next);
    await this.settle();
  }

  private async read(): Promise<SealingKey> {
    if (this.configured !== undefined) return keyOf(this.configured);
    const path = join(this.stateDir, FILE);
    return keyIn(await contentOf(path), path);
  }
}

/** The key that a text holds. Throws when it holds none, without saying what is there. */
export function keyIn(text: string, path: string): SealingKey {
  if (HEX_KEY.test(text.trim())) return keyOf(text.trim());
  throw new Error(`${path} does not hold a key of 64 hex characters: bring the right file back`);
}

async function unlessMissing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
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

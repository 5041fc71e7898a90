import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../config/file-reason.js';
import { makeStateDirectory, writeFileAtomic } from '../config/state-directory.js';
import { isTree } from '../config/tree.js';
import type { ConfigSnapshot } from '../config/settings.js';
import { open, seal, type SealingKey, Unsealable } from '../kernel/seal.js';
import type { Activation } from './activation.js';
import { keysOf, type Question } from './question.js';
import { SecretResolution } from './secrets.settings.js';
import { SECRETS_DIRECTORY } from './patience.js';

const FILE = 'last-known-good.sealed';
const PURPOSE = 'secrets:last-known-good';

/** A secret as it was had once. */
export interface Kept {
  readonly value: string;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
}

/** Where the key comes from that the file is sealed with. */
export type KeySource = () => Promise<SealingKey>;

/**
 * What providers said last, sealed with AES-256-GCM on the disk, for a start while one of them is down. Found by the
 * provider's settings and the id: what another configuration had is not taken for this one's.
 */
export class LastKnownGood {
  private readonly path: string;

  constructor(
    private readonly stateDir: string,
    private readonly key: KeySource,
  ) {
    this.path = join(stateDir, SECRETS_DIRECTORY, FILE);
  }

  /** What is kept, by `source:provider:id`, for these questions. Rejects with Unsealable when the file is not ours. */
  async read(questions: readonly Question[]): Promise<ReadonlyMap<string, Kept>> {
    const rows = await this.rows();
    const kept = new Map<string, Kept>();
    for (const question of questions) {
      for (const [i, key] of keysOf(question).entries()) {
        const row = rows[rowName(question, question.ids[i]!)];
        if (isKept(row)) kept.set(key, row);
      }
    }
    return kept;
  }

  /** Keeps the answers to these questions, had at `at`, in place of all that was kept. */
  async write(questions: readonly Question[], values: ReadonlyMap<string, string>, at: number): Promise<void> {
    const rows: Record<string, Kept> = {};
    for (const question of questions) {
      for (const [i, key] of keysOf(question).entries()) {
        const value = values.get(key);
        if (value !== undefined) rows[rowName(question, question.ids[i]!)] = { value, at };
      }
    }
    makeStateDirectory(join(this.stateDir, SECRETS_DIRECTORY));
    await writeFileAtomic(this.path, seal(JSON.stringify(rows), await this.key(), PURPOSE));
  }

  /** Keeps nothing any more. */
  async forget(): Promise<void> {
    await rm(this.path, { force: true });
  }

  private async rows(): Promise<Record<string, unknown>> {
    let sealed: string;
    try {
      sealed = await readFile(this.path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return {};
      throw error;
    }
    const content: unknown = JSON.parse(open(sealed.trim(), await this.key(), PURPOSE));
    if (!isTree(content)) throw new Unsealable('what was sealed is no object');
    return content;
  }
}

const rowName = ({ fingerprint }: Question, id: string): string => `${fingerprint}:${id}`;

function isKept(row: unknown): row is Kept {
  return isTree(row) && typeof row['value'] === 'string' && Number.isFinite(row['at']);
}

/** Keeping is a service, no condition: what fails there is a warning. */
export async function keepForLater(
  store: LastKnownGood | undefined,
  activation: Activation,
  config: ConfigSnapshot,
  now: number,
): Promise<string[]> {
  if (!store) return [];
  try {
    const isWanted = config.get(SecretResolution).onStartFailure === 'last-known-good';
    if (isWanted) await store.write(activation.questions, activation.allValues(), now);
    else await store.forget();
    return [];
  } catch (error) {
    return [`secrets could not be kept for a later start: ${(error as Error).message}`];
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../config/file-reason.js';
import { makeStateDirectory, writeFileAtomic } from '../config/state-directory.js';
import { isTree } from '../config/tree.js';
import type { Clock } from '../kernel/clock.js';
import { backoff } from './backoff.js';
import type { Question } from './question.js';

/** A provider that failed. */
export interface Outage {
  /** In a row. */
  readonly failures: number;
  /** Milliseconds since the epoch: not to be asked before. */
  readonly notBefore: number;
  /** Why, in words without a secret. */
  readonly reason: string;
}

/** The state directory's place for what concerns secrets: 0700, its files 0600. */
export const SECRETS_DIRECTORY = 'secrets';
const FILE = 'outages.json';

/** A row that nobody has touched for so long says nothing any more. */
const FORGOTTEN_MS = 600_000;
/** No clock that was set back makes anybody wait for longer. */
const LONGEST_WAIT_MS = 30_000;

/**
 * How long providers that failed are left alone, kept over restarts: a gateway that is started again and again does not
 * ask again and again (S165). Rows are found by the provider's settings: whoever corrects those is not kept waiting.
 */
export class Patience {
  private constructor(
    private readonly directory: string,
    private readonly clock: Clock,
    private readonly outages: Map<string, Outage>,
    /** Those of somebody else's programs; what is at hand may be looked at as often as anybody likes. */
    private readonly lasting: Set<string>,
  ) {}

  static async of(stateDir: string, clock: Clock): Promise<Patience> {
    const directory = join(stateDir, SECRETS_DIRECTORY);
    const rows = Object.entries(await readRows(join(directory, FILE)));
    const now = clock.now();
    const recent = rows.filter(
      (row): row is [string, Outage] => isOutage(row[1]) && row[1].notBefore > now - FORGOTTEN_MS,
    );
    return new Patience(directory, clock, new Map(recent), new Set(recent.map(([fingerprint]) => fingerprint)));
  }

  /** The outage of a provider, if it had one lately. */
  outageOf({ fingerprint }: Question): Outage | undefined {
    return this.outages.get(fingerprint);
  }

  /** How long the provider is to be left alone yet, in milliseconds. */
  waitFor(question: Question): number {
    const { notBefore = 0 } = this.outageOf(question) ?? {};
    return Math.min(LONGEST_WAIT_MS, Math.max(0, notBefore - this.clock.now()));
  }

  /** Notes what came of asking: `reason` says why it failed, undefined that it did not. */
  async note(results: readonly { readonly question: Question; readonly reason: string | undefined }[]): Promise<void> {
    const before = this.written();
    for (const { question, reason } of results) {
      const { fingerprint, source } = question;
      if (source === 'exec') this.lasting.add(fingerprint);
      const failures = (this.outages.get(fingerprint)?.failures ?? 0) + 1;
      if (reason === undefined) this.outages.delete(fingerprint);
      else this.outages.set(fingerprint, { failures, notBefore: this.clock.now() + backoff(failures), reason });
    }
    const after = this.written();
    if (after === before) return;
    makeStateDirectory(this.directory);
    await writeFileAtomic(join(this.directory, FILE), after);
  }

  private written(): string {
    return JSON.stringify(
      Object.fromEntries([...this.outages].filter(([fingerprint]) => this.lasting.has(fingerprint))),
    );
  }
}

/** What is no row is no obstacle: the file is only there to be patient with others. */
async function readRows(path: string): Promise<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isTree(content) ? content : {};
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError || (error as Error).name === 'SyntaxError')
      return {};
    throw error;
  }
}

function isOutage(row: unknown): row is Outage {
  if (!isTree(row)) return false;
  return Number.isFinite(row['failures']) && Number.isFinite(row['notBefore']) && typeof row['reason'] === 'string';
}

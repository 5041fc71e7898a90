import type { ConfigSnapshot } from './settings.js';

/** Who or what asked for a reload. */
export interface ReloadCause {
  /** `settle`: more has to be followed, and what is known stays as it is. */
  readonly trigger: 'signal' | 'rpc' | 'rest' | 'file' | 'retry' | 'settle' | 'call';
  /** The caller, as method and subject, where there is one. */
  readonly actor?: string;
  readonly requestId?: string;
  /** The file that changed. */
  readonly path?: string;
}

/** What came of a reload, for those who write it down. */
export type ReloadOutcome = {
  /** All who asked while it had not begun. */
  readonly causes: readonly ReloadCause[];
  readonly previous: ConfigSnapshot;
} & ({ readonly next: ConfigSnapshot } | { readonly error: unknown });

type Change = (next: ConfigSnapshot, previous: ConfigSnapshot) => void;
type Told = (outcome: ReloadOutcome) => void;

/** A reload that has not begun. */
interface Queued {
  readonly causes: ReloadCause[];
  readonly done: Promise<ConfigSnapshot>;
}

/** Where the current snapshot is found, and who hears of the next one. */
export class ConfigService {
  private readonly listeners = new Set<Change>();
  private readonly told = new Set<Told>();
  private running: Promise<unknown> = Promise.resolve();
  private queued: Queued | undefined;

  constructor(
    private snapshot: ConfigSnapshot,
    private readonly load: (version: number, causes: readonly ReloadCause[]) => Promise<ConfigSnapshot>,
  ) {}

  get current(): ConfigSnapshot {
    return this.snapshot;
  }

  /**
   * Loads everything anew, secrets with it, and swaps it whole. Throws ConfigError and changes nothing when any of it is
   * wrong. One runs at a time; all who ask while it runs share the one after it, so that what was last written holds.
   */
  reload(cause: ReloadCause = { trigger: 'call' }): Promise<ConfigSnapshot> {
    if (this.queued) {
      this.queued.causes.push(cause);
      return this.queued.done;
    }
    const causes = [cause];
    const done = this.running.then(() => {
      this.queued = undefined;
      return this.swap(causes);
    });
    this.queued = { causes, done };
    this.running = done.catch(() => undefined); // whoever asked is told; the next one's turn comes all the same
    return done;
  }

  /** Calls `listener` after every swap. Returns the way to stop. */
  onChange(listener: Change): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Calls `listener` after every reload, whether it was refused or not. Returns the way to stop. */
  onReload(listener: Told): () => void {
    this.told.add(listener);
    return () => this.told.delete(listener);
  }

  private async swap(causes: readonly ReloadCause[]): Promise<ConfigSnapshot> {
    const previous = this.snapshot;
    const tell = (outcome: ReloadOutcome): void => this.told.forEach((listener) => listener(outcome));
    try {
      this.snapshot = await this.load(previous.version + 1, causes);
    } catch (error) {
      tell({ causes, previous, error });
      throw error;
    }
    const next = this.snapshot;
    for (const listener of this.listeners) listener(next, previous);
    tell({ causes, previous, next });
    return next;
  }
}

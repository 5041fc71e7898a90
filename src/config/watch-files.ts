import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../kernel/clock.js';

/**
 * Notices when files become other ones: written, replaced, made or removed, also by a link above them that is turned, as
 * Kubernetes does it. Their directories are watched, since whoever replaces a file leaves the watched one behind.
 */
export class WatchedFiles {
  private watchers: FSWatcher[] = [];
  private signatures = new Map<string, string>();
  private stopWaiting = (): void => {};

  /** `changed` is called with the path of a file that is not what it was when it was last noted. */
  constructor(
    private readonly clock: Clock,
    private readonly changed: (path: string) => void,
  ) {}

  /** From now on these and no others. A file must have been left alone for `settleMs` milliseconds. */
  watch(paths: readonly string[], settleMs: number): void {
    this.close();
    this.signatures = new Map(
      [...new Set(paths)].map((path) => [path, this.signatures.get(path) ?? signatureOf(path)]),
    );
    const wait = (): void => {
      this.stopWaiting();
      this.stopWaiting = this.clock.after(settleMs, () => this.compare());
    };
    for (const directory of new Set(paths.map((path) => dirname(path)))) {
      const watcher = watchDirectory(directory, wait);
      if (watcher) this.watchers.push(watcher);
    }
    wait(); // something may have changed while nobody watched
  }

  /** The files as they are now are known: call it before reading them. */
  note(): void {
    for (const path of this.signatures.keys()) this.signatures.set(path, signatureOf(path));
  }

  close(): void {
    this.stopWaiting();
    for (const watcher of this.watchers) watcher.close();
    this.watchers = [];
  }

  private compare(): void {
    for (const [path, signature] of this.signatures) {
      if (signatureOf(path) === signature) continue;
      this.note();
      return this.changed(path);
    }
  }
}

/** Which file it is, and which version of it; the content is not read, for it may be secret. */
function signatureOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** A directory that cannot be watched is left alone until the next reload looks again. */
function watchDirectory(directory: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, changed);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

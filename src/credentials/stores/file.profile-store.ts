import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type HeldLock, lockFile, LockLost } from '../../config/file-lock.js';
import { writeFileAtomic } from '../../config/state-directory.js';
import { BoundedMap } from '../../kernel/bounded-map.js';
import { agentId, MAIN_AGENT } from '../agent-id.js';
import type { ProfileChange, ProfileStore } from '../profile-store.js';
import { NO_PROFILES, type StoredProfiles } from '../profile.js';
import { freeze } from './freeze.js';
import { LEGACY_FILES, readLegacyProfiles } from './legacy-profiles.js';
import { parseProfiles, printProfiles } from './parse-profiles.js';

const FILE = 'auth-profiles.json';

/** How often a change is begun anew when its lock is lost. */
const ATTEMPTS = 5;

interface Known {
  readonly mark: string;
  readonly stored: StoredProfiles;
}

/** The folders that the configuration names for some agents (`agents.list[].agentDir`). */
export type AgentDirectories = Pick<ReadonlyMap<string, string>, 'get'>;

/** Profiles in `<state>/agents/<agent>/agent/auth-profiles.json`, as the family keeps them (reference F.1). */
export class FileProfileStore implements ProfileStore {
  private readonly known = new Map<string, Known>();
  private readonly turns = new Map<string, Promise<unknown>>();
  private readonly paths = new BoundedMap<string, string>(1024);
  private readonly legacyPaths: readonly string[];
  /** By path, of this turn of the event loop: many calls begin in one, and each look costs more than all else here. */
  private readonly marks = new Map<string, string | undefined>();

  constructor(
    private readonly stateDir: string,
    private readonly directories: AgentDirectories = new Map<string, string>(),
  ) {
    this.legacyPaths = Object.values(LEGACY_FILES).map((file) => join(stateDir, file));
  }

  /**
   * Looks at the file's mark once in a turn of the event loop, and reads it only when that is another one: what other
   * programs write counts from the next turn on.
   */
  read(agent: string): StoredProfiles {
    const path = this.path(agent);
    const mark = this.mark(path);
    if (mark !== undefined) return this.remember(path, mark, () => parseProfiles(readFileSync(path, 'utf8'), path));
    if (agentId(agent) !== MAIN_AGENT) return NO_PROFILES;
    const older = this.legacyPaths.map((legacy) => this.mark(legacy));
    if (older.every((one) => one === undefined)) return NO_PROFILES;
    return this.remember(path, older.join(' & '), () => readLegacyProfiles(this.stateDir));
  }

  /** One change at a time: within this process by taking turns, among processes by the lock. */
  update(agent: string, change: ProfileChange): Promise<StoredProfiles> {
    const path = this.path(agent);
    const turn = (this.turns.get(path) ?? Promise.resolve()).then(() => this.change(agent, path, change));
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.turns.set(path, settled);
    void settled.then(() => this.turns.get(path) === settled && this.turns.delete(path));
    return turn;
  }

  describe(agent: string): string {
    return this.path(agent);
  }

  private async change(agent: string, path: string, change: ProfileChange, attempt = 1): Promise<StoredProfiles> {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lock = await lockFile(path);
    try {
      return await this.changeLocked(agent, path, change, lock);
    } catch (error) {
      if (!(error instanceof LockLost) || attempt === ATTEMPTS) throw error;
    } finally {
      await lock.release();
    }
    return this.change(agent, path, change, attempt + 1);
  }

  private async changeLocked(
    agent: string,
    path: string,
    change: ProfileChange,
    lock: HeldLock,
  ): Promise<StoredProfiles> {
    const stored = this.readNow(agent);
    const next = change(stored);
    if (!next || next === stored) return stored;
    sweep(path);
    await writeFileAtomic(path, `${printProfiles(next, { indent: 2 })}\n`, undefined, () => lock.check());
    return this.readNow(agent);
  }

  private readNow(agent: string): StoredProfiles {
    this.marks.clear();
    return this.read(agent);
  }

  private mark(path: string): string | undefined {
    const known = this.marks.get(path);
    if (known !== undefined || this.marks.has(path)) return known;
    if (this.marks.size === 0) setImmediate(() => this.marks.clear());
    const mark = markOf(path);
    this.marks.set(path, mark);
    return mark;
  }

  private remember(path: string, mark: string, read: () => StoredProfiles): StoredProfiles {
    const known = this.known.get(path);
    if (known?.mark === mark) return known.stored;
    // Marked as it was before it was read: what was written meanwhile is then read again, not missed.
    const stored = freeze(read());
    this.known.set(path, { mark, stored });
    return stored;
  }

  private path(agent: string): string {
    const id = agentId(agent);
    const named = this.directories.get(id);
    if (named !== undefined) return join(named, FILE);
    const known = this.paths.get(id);
    if (known !== undefined) return known;
    const path = join(this.stateDir, 'agents', id, 'agent', FILE);
    this.paths.set(id, path);
    return path;
  }
}

/** Changes whenever the file does: an atomic write gives it another inode. */
function markOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat && `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}

/** Removes what a writer that was killed has left; whoever holds the lock is the only one who writes. */
function sweep(path: string): void {
  const folder = dirname(path);
  const left = readdirSync(folder).filter((name) => name.startsWith(`.${basename(path)}.`) && name.endsWith('.tmp'));
  for (const name of left) rmSync(join(folder, name), { force: true });
}

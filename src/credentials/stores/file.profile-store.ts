import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { writeFileAtomic } from '../../config/state-directory.js';
import { agentId, MAIN_AGENT } from '../agent-id.js';
import type { ProfileChange, ProfileStore } from '../profile-store.js';
import { NO_PROFILES, type StoredProfiles } from '../profile.js';
import { parseProfiles } from './parse-profiles.js';

const FILE = 'auth-profiles.json';

/** As the family locks it, so that its programs and ours can share a state directory (reference F.8). In milliseconds. */
const LOCK = {
  stale: 30_000,
  realpath: false,
  retries: { retries: 10, factor: 2, minTimeout: 100, maxTimeout: 10_000 },
};

interface Known {
  readonly mark: string;
  readonly stored: StoredProfiles;
}

/** Profiles in `<state>/agents/<agent>/agent/auth-profiles.json`, as the family keeps them (reference F.1). */
export class FileProfileStore implements ProfileStore {
  private readonly known = new Map<string, Known>();
  private readonly turns = new Map<string, Promise<unknown>>();

  /** `directories` are those that the configuration names for some agents (`agents.list[].agentDir`). */
  constructor(
    private readonly stateDir: string,
    private readonly directories: ReadonlyMap<string, string> = new Map(),
  ) {}

  /** Looks at the file's mark each time (a few microseconds), and reads it only when that is another one. */
  read(agent: string): StoredProfiles {
    const path = this.existing(agent);
    const mark = markOf(path);
    if (mark === undefined) return NO_PROFILES;
    const known = this.known.get(path);
    if (known?.mark === mark) return known.stored;

    const stored = freeze(parseProfiles(readFileSync(path, 'utf8'), path));
    // Marked as it was before it was read: what was written meanwhile is then read again, not missed.
    this.known.set(path, { mark, stored });
    return stored;
  }

  /** One change at a time: within this process by taking turns, among processes by the lock file. */
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

  private async change(agent: string, path: string, change: ProfileChange): Promise<StoredProfiles> {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const release = await lock(path, LOCK);
    try {
      const stored = this.read(agent);
      const next = change(stored);
      if (!next || next === stored) return stored;
      await writeFileAtomic(path, `${JSON.stringify(next, null, 2)}\n`);
      return this.read(agent);
    } finally {
      await release();
    }
  }

  private path(agent: string): string {
    const id = agentId(agent);
    return join(this.directories.get(id) ?? join(this.stateDir, 'agents', id, 'agent'), FILE);
  }

  /** Before there were several agents, the one had its file elsewhere: read there until something is written. */
  private existing(agent: string): string {
    const path = this.path(agent);
    const older = join(this.stateDir, 'agent', FILE);
    return agentId(agent) === MAIN_AGENT && !exists(path) && exists(older) ? older : path;
  }
}

/** Changes whenever the file does: an atomic write gives it another inode. */
function markOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat && `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Shared by every reader, so nobody may change it. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}

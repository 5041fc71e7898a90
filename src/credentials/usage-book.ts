import type { Clock } from '../kernel/clock.js';
import { afterFailure, afterSuccess, type CooldownRules, type Failure } from './cooldown.js';
import type { ProfileStore } from './profile-store.js';
import type { ProfileUsage, StoredProfiles } from './profile.js';

/** One thing that happened to a profile and is not stored yet. */
type Happening =
  | { readonly kind: 'success'; readonly at: number }
  | { readonly kind: 'failure'; readonly at: number; readonly failure: Failure; readonly rules: CooldownRules };

/** After a success nothing earlier counts, and a profile that fails rests: more than this never stands in line. */
const MOST_PENDING = 32;

/**
 * How profiles have fared, kept in memory and stored behind the requests: a write for each would be on everybody's path.
 * What is not stored yet is kept as what happened, not as a result, so that it adds to what other processes have stored.
 */
export class UsageBook {
  private readonly pending = new Map<string, Map<string, Happening[]>>();
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: ProfileStore,
    private readonly clock: Clock,
  ) {}

  /** How a profile has fared, with what is not stored yet. */
  usage(agent: string, id: string, stored: StoredProfiles): ProfileUsage | undefined {
    const usage = stored.usageStats?.[id];
    const happenings = this.pending.get(agent)?.get(id);
    return happenings ? replay(usage, happenings) : usage;
  }

  succeeded(agent: string, id: string): void {
    this.line(agent).set(id, [{ kind: 'success', at: this.clock.now() }]);
  }

  failed(agent: string, id: string, failure: Failure, rules: CooldownRules): void {
    const line = this.line(agent);
    const before = line.get(id) ?? [];
    if (before.length < MOST_PENDING) {
      line.set(id, [...before, { kind: 'failure', at: this.clock.now(), failure, rules }]);
    }
  }

  /** Stores what has happened. Rejects when the store cannot be written; it is then kept, and stored the next time. */
  flush(): Promise<void> {
    const turn = this.flushing.then(() => this.write());
    this.flushing = turn.catch(() => undefined); // whoever asked is told; the next one's turn comes all the same
    return turn;
  }

  /** One agent's store that is out of order keeps nobody else's from being written. */
  private async write(): Promise<void> {
    const errors: unknown[] = [];
    for (const [agent, line] of this.pending) {
      try {
        await this.writeLine(agent, line);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  private async writeLine(agent: string, line: Map<string, Happening[]>): Promise<void> {
    const taken = new Map(line);
    // Of an agent that is gone there is nothing to write, and no folder to be made for it again.
    if (withUsage(await this.store.read(agent), taken)) {
      await this.store.update(agent, (stored) => withUsage(stored, taken));
    }
    for (const [id, happenings] of taken) forget(line, id, happenings);
    if (line.size === 0) this.pending.delete(agent);
  }

  private line(agent: string): Map<string, Happening[]> {
    const line = this.pending.get(agent) ?? new Map<string, Happening[]>();
    this.pending.set(agent, line);
    return line;
  }
}

function withUsage(
  stored: StoredProfiles,
  happened: ReadonlyMap<string, readonly Happening[]>,
): StoredProfiles | undefined {
  const known = [...happened].filter(([id]) => stored.profiles[id] !== undefined);
  if (known.length === 0) return undefined;
  const changed = known.map(([id, happenings]) => [id, replay(stored.usageStats?.[id], happenings)] as const);
  return { ...stored, usageStats: { ...stored.usageStats, ...Object.fromEntries(changed) } };
}

function replay(usage: ProfileUsage = {}, happenings: readonly Happening[]): ProfileUsage {
  return happenings.reduce(
    (before, happening) =>
      happening.kind === 'success'
        ? afterSuccess(before, happening.at)
        : afterFailure(before, happening.failure, happening.at, happening.rules),
    usage,
  );
}

/** What came after the write began stays in line. */
function forget(line: Map<string, Happening[]>, id: string, stored: readonly Happening[]): void {
  const rest = (line.get(id) ?? []).filter((happening) => !stored.includes(happening));
  if (rest.length === 0) line.delete(id);
  else line.set(id, rest);
}

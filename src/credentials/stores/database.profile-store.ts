import type { EntityManager } from 'typeorm';
import type { Soon } from '../../kernel/soon.js';
import type { Changes } from '../../storage/changes.js';
import type { Ask, DataKeys } from '../../storage/data-keys.js';
import type { Database } from '../../storage/database.js';
import { agentId } from '../agent-id.js';
import type { ProfileChange, ProfileStore } from '../profile-store.js';
import type { StoredProfiles } from '../profile.js';
import { lockProfiles, ProfileRows, type ReadRows } from './profile-rows.js';

/**
 * Profiles in the database, for several gateways: the document of an agent sealed with a data key, how its profiles have
 * fared in rows beside it. It is answered from memory until a notice says that it changed, and never while notices do
 * not arrive.
 */
export class DatabaseProfileStore implements ProfileStore {
  private readonly rows: ProfileRows;
  private readonly known = new Map<string, ReadRows>();
  /** What is being read. What is no longer in here when it comes may be older than what was read since. */
  private readonly asked = new Map<string, Promise<ReadRows>>();
  private readonly turns = new Map<string, Promise<unknown>>();
  private generation = 0;
  /** How often it was heard that profiles have fared in some way. */
  private heard = 0;

  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    keys: DataKeys,
  ) {
    this.rows = new ProfileRows(keys, (agent) => this.describe(agent));
    changes.subscribe(({ kind, id }) => {
      if (kind === 'auth-profiles') this.forget(id);
      if (kind === 'auth-profile-usage') this.catchUp(id);
    });
    changes.onGap(() => this.forgetAll());
  }

  read(agent: string): Soon<StoredProfiles> {
    const id = agentId(agent);
    const known = this.changes.live ? this.known.get(id) : undefined;
    return known ? known.stored : this.ask(id).then(({ stored }) => stored);
  }

  /** One change at a time: within this process by taking turns, among all by a lock that ends with the transaction. */
  update(agent: string, change: ProfileChange): Promise<StoredProfiles> {
    const id = agentId(agent);
    const turn = (this.turns.get(id) ?? Promise.resolve()).then(() => this.change(id, change));
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.turns.set(id, settled);
    void settled.then(() => this.turns.get(id) === settled && this.turns.delete(id));
    return turn;
  }

  describe(agent: string): string {
    return `the profiles of ${agentId(agent)} in ${this.database.state().description}`;
  }

  private async change(agent: string, change: ProfileChange): Promise<StoredProfiles> {
    const { generation, heard } = this;
    const known = this.known.get(agent);
    const changed = await this.database.transaction(async (manager) => {
      await lockProfiles(agent, manager);
      const before = await this.rows.read(agent, askIn(manager), this.known.get(agent));
      const next = change(before.stored);
      return next && next !== before.stored ? this.rows.write(agent, before, next, manager) : before;
    });
    // The notice of this very change may have come already, or one of a later change.
    if (generation !== this.generation) return changed.stored;
    const isAlone = heard === this.heard && !this.asked.has(agent) && this.known.get(agent) === known;
    this.keep(agent, changed);
    // What was read or heard meanwhile may be from before this change, or from after a later one.
    if (!isAlone) this.catchUp(agent);
    return changed.stored;
  }

  private ask(agent: string): Promise<ReadRows> {
    const running = this.asked.get(agent);
    if (running) return running;
    const answer = this.rows
      .read(agent, (sql, parameters) => this.database.query(sql, parameters), this.known.get(agent))
      .then((read) => {
        // A notice that came meanwhile may have been about this very row: then the answer is used, but not kept.
        if (this.asked.get(agent) === answer) this.keep(agent, read);
        return read;
      })
      .finally(() => this.asked.get(agent) === answer && this.asked.delete(agent));
    this.asked.set(agent, answer);
    return answer;
  }

  private keep(agent: string, read: ReadRows): void {
    if (this.changes.live) this.known.set(agent, read);
  }

  private forget(agent: string): void {
    this.generation += 1;
    this.asked.delete(agent);
    this.known.delete(agent);
  }

  private forgetAll(): void {
    this.generation += 1;
    this.asked.clear();
    this.known.clear();
  }

  /** How profiles have fared elsewhere may be heard a moment late: nobody waits for it. */
  private catchUp(agent: string): void {
    this.heard += 1;
    if (!this.known.has(agent) && !this.asked.has(agent)) return;
    this.asked.delete(agent);
    this.ask(agent).catch(() => this.forget(agent)); // the next reader hears why
  }
}

const askIn =
  (manager: EntityManager): Ask =>
  (sql, parameters) =>
    manager.query(sql, [...(parameters ?? [])]);

import type { EntityManager } from 'typeorm';
import { open, seal, Unsealable } from '../../kernel/seal.js';
import type { Soon } from '../../kernel/soon.js';
import type { Changes } from '../../storage/changes.js';
import type { Ask, DataKeys } from '../../storage/data-keys.js';
import type { Database } from '../../storage/database.js';
import { agentId } from '../agent-id.js';
import { BrokenStore, type ProfileChange, type ProfileStore } from '../profile-store.js';
import { NO_PROFILES, type ProfileUsage, type StoredProfiles } from '../profile.js';
import { freeze } from './freeze.js';
import { parseProfiles, printProfiles } from './parse-profiles.js';

interface Row {
  readonly sealed: string;
  readonly sealedWith: string;
  readonly version: number;
  readonly usage: Record<string, ProfileUsage> | null;
}

/** What is sealed, opened, and as of which version. */
interface Document {
  readonly version: number;
  /** As it was sealed. */
  readonly text: string;
  readonly profiles: StoredProfiles;
}

interface Known {
  readonly document: Document;
  readonly stored: StoredProfiles;
}

const NOTHING: Known = {
  document: { version: 0, text: JSON.stringify(NO_PROFILES), profiles: NO_PROFILES },
  stored: NO_PROFILES,
};

/** What the profiles of an agent are sealed for. */
export const purposeOfProfiles = (agent: string): string => `auth-profiles:${agent}`;

/**
 * Profiles in the database, for several gateways: the document of an agent sealed with a data key, how its profiles have
 * fared in rows beside it. It is answered from memory until a notice says that it changed, and never while notices do
 * not arrive.
 */
export class DatabaseProfileStore implements ProfileStore {
  private readonly known = new Map<string, Known>();
  private readonly asked = new Map<string, Promise<Known>>();
  private readonly turns = new Map<string, Promise<unknown>>();
  private generation = 0;

  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly keys: DataKeys,
  ) {
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
    const before = this.generation;
    const changed = await this.database.transaction(async (manager) => {
      await lockProfiles(agent, manager);
      const known = await this.load(agent, (sql, parameters) => manager.query(sql, [...(parameters ?? [])]));
      const next = change(known.stored);
      return next && next !== known.stored ? this.write(agent, known, next, manager) : known;
    });
    // The notice of this very change may have come already, or one of a later change.
    if (before === this.generation) this.keep(agent, changed);
    return changed.stored;
  }

  private async write(
    agent: string,
    { document, stored }: Known,
    next: StoredProfiles,
    manager: EntityManager,
  ): Promise<Known> {
    const text = printProfiles(next, { usage: false });
    const written =
      text === document.text && document.version > 0 ? document : await this.seal(agent, document, text, manager);
    await writeUsage(agent, stored.usageStats ?? {}, next.usageStats ?? {}, manager);
    return knownAs(written, next.usageStats);
  }

  private async seal(agent: string, { version }: Document, text: string, manager: EntityManager): Promise<Document> {
    const key = await this.keys.current(manager);
    const sealed = seal(text, key, purposeOfProfiles(agent));
    const rows = await manager.query<unknown[]>(version === 0 ? INSERT : UPDATE, [agent, sealed, key.id, version]);
    // Somebody wrote past the lock. Nothing of ours does, and nobody's change is to be lost.
    if (rowsOf(rows).length !== 1) throw new Error(`the profiles of ${agent} were changed meanwhile`);
    return documentOf(version + 1, text, this.describe(agent));
  }

  private ask(agent: string): Promise<Known> {
    const running = this.asked.get(agent);
    if (running) return running;
    const { generation } = this;
    const answer = this.load(agent, (sql, parameters) => this.database.query(sql, parameters))
      .then((known) => {
        // A notice that came meanwhile may have been about this very row: then the answer is used, but not kept.
        if (generation === this.generation) this.keep(agent, known);
        return known;
      })
      .finally(() => this.asked.get(agent) === answer && this.asked.delete(agent));
    this.asked.set(agent, answer);
    return answer;
  }

  private async load(agent: string, ask: Ask): Promise<Known> {
    const [row] = await ask<Row>(SELECT, [agent]);
    if (!row) return NOTHING;
    const kept = this.known.get(agent)?.document;
    const document = kept?.version === row.version ? kept : await this.open(agent, row, ask);
    return knownAs(document, row.usage ?? undefined);
  }

  private async open(agent: string, { sealed, sealedWith, version }: Row, ask: Ask): Promise<Document> {
    const key = await this.keys.find(sealedWith, ask);
    try {
      return documentOf(version, open(sealed, key, purposeOfProfiles(agent)), this.describe(agent));
    } catch (error) {
      if (!(error instanceof Unsealable)) throw error;
      throw new BrokenStore(`${this.describe(agent)} cannot be opened: ${error.message}`, { cause: error });
    }
  }

  private keep(agent: string, known: Known): void {
    if (this.changes.live) this.known.set(agent, known);
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
    if (!this.known.has(agent)) return;
    this.asked.delete(agent);
    this.ask(agent).catch(() => this.forget(agent)); // the next reader hears why
  }
}

/** Nobody else changes the profiles of this agent until the transaction ends. */
export async function lockProfiles(agent: string, manager: EntityManager): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(hashtext('doorward auth profiles'), hashtext($1))`, [agent]);
}

function documentOf(version: number, text: string, where: string): Document {
  return { version, text, profiles: freeze(parseProfiles(text, where)) };
}

function knownAs(document: Document, usageStats: StoredProfiles['usageStats']): Known {
  const { profiles } = document;
  const hasUsage = usageStats !== undefined && Object.keys(usageStats).length > 0;
  return { document, stored: hasUsage ? Object.freeze({ ...profiles, usageStats: freeze(usageStats) }) : profiles };
}

type Usage = Readonly<Record<string, ProfileUsage>>;

async function writeUsage(agent: string, before: Usage, after: Usage, manager: EntityManager): Promise<void> {
  const changed = Object.entries(after).filter(([id, usage]) => JSON.stringify(usage) !== JSON.stringify(before[id]));
  const gone = Object.keys(before).filter((id) => !Object.hasOwn(after, id));
  if (changed.length > 0) await manager.query(UPSERT_USAGE, [agent, JSON.stringify(Object.fromEntries(changed))]);
  if (gone.length > 0) await manager.query(DELETE_USAGE, [agent, gone]);
}

/** TypeORM answers an UPDATE with rows and a count, an INSERT with rows. */
function rowsOf(answer: unknown[]): unknown[] {
  return Array.isArray(answer[0]) ? (answer[0] as unknown[]) : answer;
}

const SELECT = `
  SELECT p.sealed, p.sealed_with AS "sealedWith", p.version,
         (SELECT jsonb_object_agg(u.profile_id, u.usage) FROM auth_profile_usage u WHERE u.agent = p.agent) AS usage
    FROM auth_profiles p WHERE p.agent = $1`;

const INSERT = `
  INSERT INTO auth_profiles (agent, sealed, sealed_with, version) VALUES ($1, $2, $3, $4::bigint + 1)
  ON CONFLICT (agent) DO NOTHING RETURNING agent`;

const UPDATE = `
  UPDATE auth_profiles SET sealed = $2, sealed_with = $3, version = version + 1, updated_at = now()
   WHERE agent = $1 AND version = $4 RETURNING agent`;

const UPSERT_USAGE = `
  INSERT INTO auth_profile_usage (agent, profile_id, usage) SELECT $1, key, value FROM jsonb_each($2::jsonb)
  ON CONFLICT (agent, profile_id) DO UPDATE SET usage = excluded.usage`;

const DELETE_USAGE = `DELETE FROM auth_profile_usage WHERE agent = $1 AND profile_id = ANY($2)`;

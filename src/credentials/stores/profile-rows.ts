import type { EntityManager } from 'typeorm';
import { open, seal, Unsealable } from '../../kernel/seal.js';
import type { Ask, DataKeys } from '../../storage/data-keys.js';
import { BrokenStore } from '../profile-store.js';
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

/** The rows of an agent as they were at some moment. */
export interface ReadRows {
  readonly document: Document;
  /** With how the profiles have fared. */
  readonly stored: StoredProfiles;
}

const NOTHING: ReadRows = {
  document: { version: 0, text: JSON.stringify(NO_PROFILES), profiles: NO_PROFILES },
  stored: NO_PROFILES,
};

/** What the profiles of an agent are sealed for. */
export const purposeOfProfiles = (agent: string): string => `auth-profiles:${agent}`;

/** Nobody else changes the profiles of this agent until the transaction ends. */
export async function lockProfiles(agent: string, manager: EntityManager): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(hashtext('doorward auth profiles'), hashtext($1))`, [agent]);
}

/** The rows behind the profiles of agents: a sealed document for each, how its profiles have fared beside it. */
export class ProfileRows {
  constructor(
    private readonly keys: DataKeys,
    /** Where the profiles of an agent are, in words. */
    private readonly describe: (agent: string) => string,
  ) {}

  /** `known`: read before; its document is not opened again while it is the same. Throws BrokenStore. */
  async read(agent: string, ask: Ask, known?: ReadRows): Promise<ReadRows> {
    const [row] = await ask<Row>(SELECT, [agent]);
    if (!row) return NOTHING;
    const document = known?.document.version === row.version ? known.document : await this.open(agent, row, ask);
    return readAs(document, row.usage ?? undefined);
  }

  /** Within a transaction that holds the lock, and read `before` in it. */
  async write(agent: string, before: ReadRows, next: StoredProfiles, manager: EntityManager): Promise<ReadRows> {
    const { document, stored } = before;
    const text = printProfiles(next, { usage: false });
    const written =
      text === document.text && document.version > 0 ? document : await this.seal(agent, document, text, manager);
    await writeUsage(agent, stored.usageStats ?? {}, next.usageStats ?? {}, manager);
    return readAs(written, next.usageStats);
  }

  private async seal(agent: string, { version }: Document, text: string, manager: EntityManager): Promise<Document> {
    const key = await this.keys.current(manager);
    const sealed = seal(text, key, purposeOfProfiles(agent));
    const rows = await manager.query<unknown[]>(version === 0 ? INSERT : UPDATE, [agent, sealed, key.id, version]);
    // Somebody wrote past the lock. Nothing of ours does, and nobody's change is to be lost.
    if (rowsOf(rows).length !== 1) throw new Error(`the profiles of ${agent} were changed meanwhile`);
    return documentOf(version + 1, text, this.describe(agent));
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
}

function documentOf(version: number, text: string, where: string): Document {
  return { version, text, profiles: freeze(parseProfiles(text, where)) };
}

function readAs(document: Document, usageStats: StoredProfiles['usageStats']): ReadRows {
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

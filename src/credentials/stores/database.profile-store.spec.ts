import { seal, SealingKey } from '../../kernel/seal.js';
import type { Change, Changes } from '../../storage/changes.js';
import type { DataKeys } from '../../storage/data-keys.js';
import type { Database } from '../../storage/database.js';
import type { StoredProfiles } from '../profile.js';
import { DatabaseProfileStore } from './database.profile-store.js';
import { purposeOfProfiles } from './profile-rows.js';

const KEY = new SealingKey(Buffer.alloc(32, 7));
const TEXT = JSON.stringify({
  version: 1,
  profiles: { 'openai:a': { type: 'api_key', provider: 'openai', key: 'k' } },
});
const SEALED = seal(TEXT, KEY, purposeOfProfiles('main'));

/** The rows of agent `main` after its profile was used for the `nth` time. */
const rows = (nth: number): unknown[] => [
  { sealed: SEALED, sealedWith: KEY.id, version: 1, usage: { 'openai:a': { lastUsed: nth } } },
];
const lastUsed = (stored: StoredProfiles): number | undefined => stored.usageStats?.['openai:a']?.lastUsed;

/** A database whose answers come when the test says so. */
class Scene {
  readonly asked: ((answer: unknown[]) => void)[] = [];
  private listener: (change: Change) => void = () => undefined;
  private commit: () => void = () => undefined;
  readonly store: DatabaseProfileStore;

  constructor() {
    const query = (): Promise<unknown[]> => new Promise((resolve) => this.asked.push(resolve));
    const transaction = async (work: (manager: unknown) => Promise<unknown>): Promise<unknown> => {
      const done = await work({ query: (sql: string) => Promise.resolve(sql.includes('p.sealed') ? rows(1) : []) });
      await new Promise<void>((resolve) => (this.commit = resolve));
      return done;
    };
    const database = { query, transaction, state: () => ({ description: 'a test' }) } as unknown as Database;
    const changes = {
      live: true,
      subscribe: (listener: (change: Change) => void) => (this.listener = listener),
      onGap: () => undefined,
    } as unknown as Changes;
    const keys = { find: () => Promise.resolve(KEY), current: () => Promise.resolve(KEY) } as unknown as DataKeys;
    this.store = new DatabaseProfileStore(database, changes, keys);
  }

  /** Somebody has used the profile. */
  notice(): void {
    this.listener({ kind: 'auth-profile-usage', id: 'main' });
  }

  async answer(nth: number, use: number): Promise<void> {
    this.asked[nth]!(rows(use));
    await settled();
  }

  async end(): Promise<void> {
    await settled();
    this.commit();
    await settled();
  }

  /** What is answered at once. */
  get known(): number | undefined {
    const stored = this.store.read('main');
    return 'then' in stored ? undefined : lastUsed(stored as StoredProfiles);
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what is read of how profiles have fared', () => {
  it('is never replaced by what was asked for before it', async () => {
    const scene = new Scene();
    void scene.store.read('main');
    await scene.answer(0, 1);
    scene.notice();
    scene.notice();
    await scene.answer(2, 3);
    await scene.answer(1, 2);
    expect(scene.known).toBe(3);
  });

  it('is asked for again when a notice comes while it is read for the first time', async () => {
    const scene = new Scene();
    const first = scene.store.read('main');
    scene.notice();
    await scene.answer(0, 1);
    expect(lastUsed(await first)).toBe(1);
    await scene.answer(1, 2);
    expect(scene.known).toBe(2);
  });

  it('is asked for again when a notice comes while it is changed here', async () => {
    const scene = new Scene();
    const change = scene.store.update('main', () => undefined);
    await settled();
    scene.notice();
    await scene.end();
    expect(lastUsed(await change)).toBe(1);
    await scene.answer(0, 2);
    expect(scene.known).toBe(2);
  });

  it('is not asked for again after a change that nobody came between', async () => {
    const scene = new Scene();
    const change = scene.store.update('main', () => undefined);
    await scene.end();
    await change;
    expect([scene.known, scene.asked.length]).toEqual([1, 0]);
  });
});

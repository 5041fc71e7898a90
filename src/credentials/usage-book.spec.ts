import type { Clock } from '../kernel/clock.js';
import { COOLDOWN_RULES } from './cooldown.js';
import { BrokenStore, type ProfileChange, type ProfileStore } from './profile-store.js';
import { NO_PROFILES, type StoredProfiles } from './profile.js';
import { UsageBook } from './usage-book.js';

const NOW = 1_767_960_000_000;
const clock: Clock = { now: () => NOW, after: () => () => undefined };

/** A store in memory; what is `broken` can be neither read nor written. */
class Memory implements ProfileStore {
  readonly broken = new Set<string>();
  writes = 0;
  private readonly stored = new Map<string, StoredProfiles>();

  constructor(...agents: readonly string[]) {
    const profile = { type: 'api_key', provider: 'openai', key: 'k' } as const;
    for (const agent of agents) this.stored.set(agent, { ...NO_PROFILES, profiles: { 'openai:a': profile } });
  }

  read(agent: string): StoredProfiles {
    if (this.broken.has(agent)) throw new BrokenStore('broken');
    return this.stored.get(agent) ?? NO_PROFILES;
  }

  update(agent: string, change: ProfileChange): Promise<StoredProfiles> {
    const next = change(this.read(agent));
    this.writes += 1;
    if (next) this.stored.set(agent, next);
    return Promise.resolve(this.read(agent));
  }

  describe(agent: string): string {
    return agent;
  }
}

const rateLimit = { kind: 'rate_limit' } as const;

describe('how profiles fared', () => {
  it('counts at once, and is stored with the next flush on top of what others have stored', async () => {
    const store = new Memory('main');
    const book = new UsageBook(store, clock);
    book.failed('main', 'openai:a', rateLimit, COOLDOWN_RULES);
    expect(book.usage('main', 'openai:a', store.read('main'))).toMatchObject({ errorCount: 1 });
    await store.update('main', (stored) => ({
      ...stored,
      usageStats: { 'openai:a': { errorCount: 2, lastFailureAt: NOW - 1, novel: 1 } },
    }));

    await book.flush();
    expect(store.read('main').usageStats).toEqual({
      'openai:a': expect.objectContaining({ errorCount: 3, novel: 1, lastFailureAt: NOW }),
    });
    const { writes } = store;
    await book.flush();
    expect(store.writes).toBe(writes);
  });

  it('a success wipes out the failures before it', async () => {
    const store = new Memory('main');
    const book = new UsageBook(store, clock);
    for (let times = 0; times < 100; times += 1) book.failed('main', 'openai:a', rateLimit, COOLDOWN_RULES);
    book.succeeded('main', 'openai:a');
    await book.flush();
    expect(store.read('main').usageStats).toEqual({ 'openai:a': { lastUsed: NOW } });
  });

  it('of one agent is stored although the store of another is broken, and that later', async () => {
    const store = new Memory('main', 'work');
    const book = new UsageBook(store, clock);
    book.succeeded('main', 'openai:a');
    book.succeeded('work', 'openai:a');
    store.broken.add('main');
    await expect(book.flush()).rejects.toThrow(BrokenStore);
    expect(store.read('work').usageStats).toEqual({ 'openai:a': { lastUsed: NOW } });

    store.broken.clear();
    await book.flush();
    expect(store.read('main').usageStats).toEqual({ 'openai:a': { lastUsed: NOW } });
  });

  it('of a profile or an agent that is gone is forgotten, and nothing written', async () => {
    const store = new Memory('main');
    const book = new UsageBook(store, clock);
    book.succeeded('main', 'openai:gone');
    book.succeeded('gone', 'openai:a');
    await book.flush();
    expect(store.writes).toBe(0);
    expect(book.usage('main', 'openai:gone', NO_PROFILES)).toBeUndefined();
  });
});

import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BrokenStore, type ProfileStore } from '../../src/credentials/profile-store.js';
import { NO_PROFILES, type Profile, type StoredProfiles } from '../../src/credentials/profile.js';
import { DatabaseProfileStore } from '../../src/credentials/stores/database.profile-store.js';
import { FileProfileStore } from '../../src/credentials/stores/file.profile-store.js';
import { Changes } from '../../src/storage/changes.js';
import { DataKeys } from '../../src/storage/data-keys.js';
import type { Database } from '../../src/storage/database.js';
import { EncryptionKey } from '../../src/storage/encryption-key.js';
import { newStateDir } from '../helpers/embedded.js';
import { until } from '../helpers/until.js';
import { closeAll, disposeServer, ENGINES, openDatabase, openEngine } from '../storage/open.js';

/** A store, another one on the same ground as a second gateway would have it, and the way to damage what is stored. */
interface Ground {
  readonly store: ProfileStore;
  readonly another: () => Promise<ProfileStore>;
  readonly damage: (agent: string) => Promise<void>;
}

const ENCRYPTION_KEY = 'ab'.repeat(32);

function inDatabase(database: Database): DatabaseProfileStore {
  const keys = new DataKeys(new EncryptionKey(ENCRYPTION_KEY, '/nowhere'));
  return new DatabaseProfileStore(database, new Changes(database), keys);
}

const opened = new Map<string, { database: Database; url: string }>();

/** One database for the whole suite, emptied for each test. */
async function databaseGround(engine: 'embedded' | 'postgres'): Promise<Ground> {
  if (!opened.has(engine)) {
    let url = '';
    opened.set(engine, { database: await openEngine(engine, {}, (made) => (url = made)), url });
  }
  const { database, url } = opened.get(engine)!;
  await database.query('DELETE FROM auth_profiles');
  return {
    store: inDatabase(database),
    another: async () => inDatabase(engine === 'embedded' ? database : await openDatabase({ url })),
    damage: async (agent) => {
      const spoilt = `sealed = left(sealed, 60) || 'AAAA' || substr(sealed, 65)`;
      await database.query(`UPDATE auth_profiles SET version = version + 1, ${spoilt} WHERE agent = $1`, [agent]);
    },
  };
}

function fileGround(): Promise<Ground> {
  const stateDir = newStateDir();
  const store = new FileProfileStore(stateDir);
  return Promise.resolve({
    store,
    another: () => Promise.resolve(new FileProfileStore(stateDir)),
    damage: async (agent) => {
      await mkdir(dirname(store.describe(agent)), { recursive: true });
      writeFileSync(store.describe(agent), '{"profiles": "sk-canary-000');
    },
  });
}

const STORES: readonly [name: string, make: () => Promise<Ground>][] = [
  ['files', fileGround],
  ...ENGINES.map((engine): [string, () => Promise<Ground>] => [`rows in ${engine}`, () => databaseGround(engine)]),
];

const key = (value: string): Profile => ({ type: 'api_key', provider: 'openai', key: value });

/** What several versions of the family have written, with fields at every level that nobody here knows. */
const RICH = {
  version: 1,
  futureTop: { nested: [1, { deep: 'ü "quoted" \u2028' }] },
  profiles: {
    'anthropic:default': { type: 'api_key', provider: 'anthropic', key: 'sk-ant-1', metadata: { team: 'a' } },
    'openai:ref': {
      type: 'api_key',
      provider: 'openai',
      keyRef: { source: 'env', provider: 'default', id: 'K', later: 1 },
    },
    'anthropic:token': { type: 'token', provider: 'anthropic', token: 'sk-ant-oat01-x', expires: 1767960000000 },
    'openai-codex:a@b.example': {
      type: 'oauth',
      provider: 'openai-codex',
      access: 'at',
      refresh: 'rt',
      expires: 1767960000000,
      email: 'a@b.example',
      accountId: 'acc',
      enterpriseUrl: 'https://x.example',
      projectId: 'p',
      scopesGranted: ['a'],
    },
    'later:kind': { type: 'passkey', provider: 'later', blob: { a: [true, null] } },
  },
  order: { anthropic: ['anthropic:token', 'anthropic:default'] },
  lastGood: { anthropic: 'anthropic:default' },
  usageStats: {
    'anthropic:default': { lastUsed: 5, errorCount: 1, failureCounts: { rate_limit: 1, odd: 2 }, novel: { a: 1 } },
  },
} as unknown as StoredProfiles;

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

afterAll(async () => {
  await closeAll();
  await disposeServer();
});

describe.each(STORES)('a store of profiles: %s', (_, make) => {
  it('has nothing for an agent of whom nothing is stored', async () => {
    const { store } = await make();
    expect(await store.read('main')).toEqual(NO_PROFILES);
  });

  it('gives back what was stored, with every field that it does not know', async () => {
    const { store, another } = await make();
    await store.update('main', () => RICH);

    expect(plain(await store.read('main'))).toEqual(plain(RICH));
    expect(plain(await (await another()).read('main'))).toEqual(plain(RICH));

    const { 'openai:ref': gone, ...rest } = RICH.profiles;
    await store.update('main', (stored) => ({ ...stored, profiles: rest }));
    expect(gone).toBeDefined();
    expect(plain(await (await another()).read('main'))).toEqual(plain({ ...RICH, profiles: rest }));
  });

  it('answers at once what it knows, and the very same object for as long as nothing changes', async () => {
    const { store } = await make();
    await store.update('main', () => RICH);
    const first = await store.read('main');
    await until('an answer from memory', () => !(store.read('main') instanceof Promise));

    expect(store.read('main')).toBe(store.read('main'));
    expect(plain(store.read('main'))).toEqual(plain(first));
  });

  it('lets nobody change what others read', async () => {
    const { store } = await make();
    await store.update('main', () => RICH);
    const stored = (await store.read('main')) as unknown as { profiles: Record<string, { key: string }> };

    expect(() => (stored.profiles['anthropic:default']!.key = 'x')).toThrow(TypeError);
    await expect(store.update('main', (draft) => Object.assign(draft, { version: 2 }))).rejects.toThrow(TypeError);
    expect(plain(await store.read('main'))).toEqual(plain(RICH));
  });

  it('keeps agents apart', async () => {
    const { store } = await make();
    await store.update('main', () => ({ ...NO_PROFILES, profiles: { 'openai:default': key('1') } }));
    await store.update('work', () => ({ ...NO_PROFILES, profiles: { 'openai:default': key('2') } }));

    expect((await store.read('main')).profiles['openai:default']).toEqual(key('1'));
    expect((await store.read('work')).profiles['openai:default']).toEqual(key('2'));
  });

  it.each(['', '../main', 'a/b', 'a b', '.', 'x'.repeat(65)])('refuses the agent %j', async (agent) => {
    const { store } = await make();
    await expect(async () => store.read(agent)).rejects.toThrow('agent id');
    await expect(async () => store.update(agent, () => RICH)).rejects.toThrow('agent id');
  });

  it('writes nothing when the change has nothing to say, or fails', async () => {
    const { store } = await make();
    await store.update('main', () => RICH);
    const before = await store.read('main');

    expect(plain(await store.update('main', () => undefined))).toEqual(plain(before));
    const failing = store.update('main', () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(plain(await store.read('main'))).toEqual(plain(before));
    await store.update('main', (stored) => ({ ...stored, lastGood: {} }));
    expect(plain(await store.read('main'))).toEqual(plain({ ...RICH, lastGood: {} }));
  });

  it('hands each change what is stored at that moment, also when many come at once', async () => {
    const { store } = await make();
    const changes = Array.from({ length: 50 }, (_, index) =>
      store.update('main', (stored) => ({
        ...stored,
        profiles: { ...stored.profiles, [`openai:${index}`]: key(String(index)) },
      })),
    );
    await Promise.all(changes);
    expect(Object.keys((await store.read('main')).profiles)).toHaveLength(50);
  });

  it('loses nothing when three gateways change fifty times each at once', async () => {
    const { store, another } = await make();
    const three = [store, await another(), await another()];
    const counted = (stored: StoredProfiles, id: string): StoredProfiles => {
      const usage = stored.usageStats?.['openai:default'] ?? {};
      const sum = ((stored['sum'] as number | undefined) ?? 0) + 1;
      const errorCount = (usage.errorCount ?? 0) + 1;
      return {
        ...stored,
        sum,
        profiles: { ...stored.profiles, [id]: key(id) },
        usageStats: { ...stored.usageStats, 'openai:default': { ...usage, errorCount } },
      };
    };
    const all = three.flatMap((one, replica) =>
      Array.from({ length: 50 }, (_, index) =>
        one.update('main', (stored) => counted(stored, `openai:${replica}-${index}`)),
      ),
    );
    await Promise.all(all);

    for (const one of three) {
      await until('what the others have written', async () => (await one.read('main'))['sum'] === 150);
      const { profiles, usageStats } = await one.read('main');
      expect(Object.keys(profiles)).toHaveLength(150);
      await until('how it fared', async () => {
        return (await one.read('main')).usageStats?.['openai:default']?.errorCount === 150;
      });
      expect(usageStats).toBeDefined();
    }
  }, 60_000);

  it('hears what another gateway has changed', async () => {
    const { store, another } = await make();
    const other = await another();
    await store.update('main', () => RICH);
    await other.read('main');
    await store.update('main', (stored) => ({ ...stored, profiles: {} }));

    await until('the change', async () => Object.keys((await other.read('main')).profiles).length === 0);
  });

  it('refuses what was damaged, never overwrites it, and says nothing of what is in it', async () => {
    const { store, another, damage } = await make();
    await store.update('main', () => ({ ...NO_PROFILES, profiles: { 'openai:default': key('sk-canary-000') } }));
    await damage('main');
    const other = await another();

    const reading = async (): Promise<unknown> => other.read('main');
    await expect(reading()).rejects.toThrow(BrokenStore);
    await expect(other.update('main', () => RICH)).rejects.toThrow(BrokenStore);
    await expect(reading()).rejects.toThrow(/cannot be (read|opened)/);
    const error = await reading().catch((thrown: unknown) => thrown);
    expect(String((error as Error).stack)).not.toContain('canary');
  });
});

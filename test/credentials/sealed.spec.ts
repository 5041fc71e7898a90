import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuditQueue } from '../../src/audit/audit-queue.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { KeyRotationService } from '../../src/credentials/keys/key-rotation.service.js';
import { NO_PROFILES, type StoredProfiles } from '../../src/credentials/profile.js';
import { DatabaseProfileStore } from '../../src/credentials/stores/database.profile-store.js';
import { systemClock } from '../../src/kernel/clock.js';
import { Unavailable } from '../../src/kernel/errors.js';
import { SILENT_LOG } from '../../src/kernel/log.js';
import { Unsealable } from '../../src/kernel/seal.js';
import { Changes } from '../../src/storage/changes.js';
import { DataKeys } from '../../src/storage/data-keys.js';
import type { Database } from '../../src/storage/database.js';
import { EncryptionKey } from '../../src/storage/encryption-key.js';
import { newStateDir, preparedStateDir } from '../helpers/embedded.js';
import { closeAll, openDatabase } from '../storage/open.js';

const CANARY = 'sk-canary-7c1d5f0e2b';
const BY = { actor: 'loopback:test' };

let database: Database;
let databaseDir: string;

beforeAll(async () => {
  databaseDir = await preparedStateDir();
  database = await openDatabase({}, { stateDir: databaseDir });
});
afterAll(closeAll);
beforeEach(() => database.query('DELETE FROM auth_profiles').then(() => database.query('DELETE FROM data_keys')));

/** What a gateway has of it all when it starts. */
function started(stateDir: string, configured?: string) {
  const encryption = new EncryptionKey(configured, stateDir);
  const keys = new DataKeys(encryption);
  const audit = new AuditService(new AuditQueue(database, systemClock, SILENT_LOG), systemClock);
  return {
    encryption,
    store: new DatabaseProfileStore(database, new Changes(database), keys),
    rotation: new KeyRotationService(database, keys, encryption, audit),
  };
}

const profiles = (key: string): StoredProfiles => ({
  ...NO_PROFILES,
  profiles: { 'openai:default': { type: 'api_key', provider: 'openai', key } },
});

const keyOf = (stored: StoredProfiles): unknown => stored.profiles['openai:default']?.['key'];

/** A file with a new encryption key. */
function newKey(stateDir: string): { path: string; hex: string } {
  const path = join(stateDir, 'new-key');
  const hex = randomBytes(32).toString('hex');
  writeFileSync(path, `${hex}\n`, { mode: 0o600 });
  return { path, hex };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('profiles in the database', () => {
  it('stand nowhere in its files as they are', async () => {
    const { store } = started(newStateDir());
    await store.update('main', () => profiles(CANARY));
    await database.query('CHECKPOINT');

    const telling = filesBelow(databaseDir).filter((path) => readFileSync(path).includes(CANARY));
    expect(telling).toEqual([]);
    const [row] = await database.query<{ sealed: string }>('SELECT sealed FROM auth_profiles');
    expect(row!.sealed).toMatch(/^s1\.[0-9a-f]{16}\.[\w-]+$/);
  });

  it('of one agent cannot be put in the place of another', async () => {
    const { store } = started(newStateDir());
    await store.update('main', () => profiles('a'));
    await store.update('work', () => profiles('b'));
    await database.query(
      `UPDATE auth_profiles SET sealed = (SELECT sealed FROM auth_profiles WHERE agent = 'main'), version = 9 WHERE agent = 'work'`,
    );
    const fresh = started(newStateDir()).store;
    await expect(async () => fresh.read('work')).rejects.toThrow(Unavailable);
  });

  it('are not opened, and not overwritten, with another encryption key', async () => {
    const stateDir = newStateDir();
    await started(stateDir).store.update('main', () => profiles('a'));
    const [before] = await database.query('SELECT * FROM auth_profiles');
    const { store } = started(newStateDir());

    await expect(async () => store.read('main')).rejects.toThrow(
      /needs the encryption key [0-9a-f]{16}.*database\.encryptionKey/,
    );
    await expect(store.update('main', () => profiles('b'))).rejects.toThrow(Unavailable);
    expect(await database.query('SELECT * FROM auth_profiles')).toEqual([before]);
    expect(keyOf(await started(stateDir).store.read('main'))).toBe('a');
  });

  it('are read without being opened again when only their usage has changed', async () => {
    const { store } = started(newStateDir());
    await store.update('main', () => profiles('a'));
    const [{ sealed }] = (await database.query<{ sealed: string }>('SELECT sealed FROM auth_profiles')) as [
      { sealed: string },
    ];
    await store.update('main', (stored) => ({ ...stored, usageStats: { 'openai:default': { lastUsed: 5 } } }));

    expect(await database.query('SELECT sealed, version FROM auth_profiles')).toEqual([{ sealed, version: 1 }]);
    expect((await store.read('main')).usageStats).toEqual({ 'openai:default': { lastUsed: 5 } });
  });
});

describe('rotation of keys', () => {
  it('seals everything anew, and forgets the old data key', async () => {
    const { store, rotation } = started(newStateDir());
    await store.update('main', () => profiles('a'));
    await store.update('work', () => profiles('b'));
    const [old] = (await rotation.status()).dataKeys;

    const { dataKey, resealed, ...rest } = await rotation.rotate(BY);
    expect([resealed, rest]).toEqual([2, {}]);
    expect((await rotation.status()).dataKeys).toMatchObject([{ id: dataKey, isCurrent: true, sealed: 2 }]);
    expect(dataKey).not.toBe(old!.id);
    expect([keyOf(await store.read('main')), keyOf(await store.read('work'))]).toEqual(['a', 'b']);
    await store.update('main', () => profiles('c'));
    expect(keyOf(await store.read('main'))).toBe('c');
    const audited = await database.query(`SELECT actor FROM audit_events WHERE target = $1`, [`data-key:${dataKey}`]);
    expect(audited).toEqual([BY]);
  });

  it('that was cut short leaves all of it readable, and is finished by the next one', async () => {
    const stateDir = newStateDir();
    const { store, rotation } = started(stateDir);
    await store.update('main', () => profiles('a'));
    await store.update('work', () => profiles('b'));
    await database.query(`CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'cut'; END $$`);
    await database.query(
      `CREATE TRIGGER cut BEFORE UPDATE ON auth_profiles FOR EACH ROW WHEN (old.agent = 'work') EXECUTE FUNCTION cut()`,
    );
    await expect(rotation.rotate(BY)).rejects.toThrow('cut');
    await database.query('DROP FUNCTION cut CASCADE');

    const again = started(stateDir);
    expect((await again.rotation.status()).dataKeys).toMatchObject([
      { isCurrent: true, sealed: 1 },
      { isCurrent: false, sealed: 1 },
    ]);
    expect([keyOf(await again.store.read('main')), keyOf(await again.store.read('work'))]).toEqual(['a', 'b']);
    expect(await again.rotation.rotate(BY)).toMatchObject({ resealed: 2 });
    expect((await again.rotation.status()).dataKeys).toMatchObject([{ isCurrent: true, sealed: 2 }]);
  });

  it('loses nothing while others write', async () => {
    const stateDir = newStateDir();
    const { store, rotation } = started(stateDir);
    const other = started(stateDir).store;
    await store.update('main', () => profiles('a'));
    const count = (stored: StoredProfiles): StoredProfiles => ({ ...stored, sum: Number(stored['sum'] ?? 0) + 1 });

    const writes = Array.from({ length: 30 }, (_, index) => (index % 2 ? store : other).update('main', count));
    await Promise.all([...writes, rotation.rotate(BY), rotation.rotate(BY)]);
    expect(await started(stateDir).store.read('main')).toMatchObject({ sum: 30 });
    const { dataKeys } = await rotation.status();
    expect(dataKeys.filter(({ isCurrent }) => isCurrent)).toHaveLength(1);
  });

  it('replaces the encryption key in its file, and what is sealed with it', async () => {
    const stateDir = newStateDir();
    const { store, rotation } = started(stateDir);
    await store.update('main', () => profiles('a'));
    const old = readFileSync(join(stateDir, 'encryption-key'), 'utf8');
    const { path, hex } = newKey(stateDir);

    const { encryptionKey } = await rotation.rotate({ ...BY, newKeyFile: path });
    expect(encryptionKey).toEqual({ id: expect.any(String), mustBeConfigured: false });
    expect(readFileSync(join(stateDir, 'encryption-key'), 'utf8').trim()).toBe(hex);
    expect(readFileSync(join(stateDir, 'encryption-key.previous'), 'utf8')).toBe(old);
    expect(statSync(join(stateDir, 'encryption-key')).mode & 0o777).toBe(0o600);
    expect(keyOf(await store.read('main'))).toBe('a');
    await store.update('main', () => profiles('b'));

    expect(keyOf(await started(stateDir).store.read('main'))).toBe('b');
    await expect(async () => started(stateDir, old.trim()).store.read('main')).rejects.toThrow(Unavailable);
    await expect(rotation.rotate({ ...BY, newKeyFile: path })).rejects.toThrow(/in use already/);
  });

  it('that dies between rows and file is finished at the next start', async () => {
    const stateDir = newStateDir();
    const { store, rotation, encryption } = started(stateDir);
    await store.update('main', () => profiles('a'));
    const { path, hex } = newKey(stateDir);
    encryption.settle = () => Promise.reject(new Error('killed'));
    await expect(rotation.rotate({ ...BY, newKeyFile: path })).rejects.toThrow('killed');
    expect(readFileSync(join(stateDir, 'encryption-key'), 'utf8').trim()).not.toBe(hex);

    expect(keyOf(await started(stateDir).store.read('main'))).toBe('a');
    expect(readFileSync(join(stateDir, 'encryption-key'), 'utf8').trim()).toBe(hex);
  });

  it('that fails in the rows leaves the old key in use', async () => {
    const stateDir = newStateDir();
    const { store, rotation } = started(stateDir);
    await store.update('main', () => profiles('a'));
    await database.query(`UPDATE data_keys SET sealed = left(sealed, 40) || 'AAAA' || substr(sealed, 45)`);
    await expect(rotation.rotate({ ...BY, newKeyFile: newKey(stateDir).path })).rejects.toThrow(Unsealable);

    const { encryptionKey } = await rotation.status();
    expect(encryptionKey.id).toBe((await started(stateDir).encryption.get()).id);
  });

  it('says when the configuration must name the new key', async () => {
    const stateDir = newStateDir();
    const configured = 'ab'.repeat(32);
    const { store, rotation } = started(stateDir, configured);
    await store.update('main', () => profiles('a'));
    const { path, hex } = newKey(stateDir);

    expect((await rotation.rotate({ ...BY, newKeyFile: path })).encryptionKey).toMatchObject({
      mustBeConfigured: true,
    });
    expect(keyOf(await store.read('main'))).toBe('a');
    expect(keyOf(await started(stateDir, hex).store.read('main'))).toBe('a');
    expect(readdirSync(stateDir)).toEqual(['new-key']);
  });
});

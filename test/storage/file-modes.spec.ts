import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { preparedStateDir } from '../helpers/embedded.js';
import { closeAll, openDatabase } from './open.js';

afterEach(closeAll);

const everything = (stateDir: string) => {
  const root = join(stateDir, 'database');
  return readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) => ({
    path: join(entry.parentPath, entry.name),
    isFolder: entry.isDirectory(),
  }));
};

/** What is neither a file of 0600 nor a folder of 0700. */
const open = (stateDir: string): string[] =>
  everything(stateDir)
    .map(({ path, isFolder }) => ({ path, wanted: isFolder ? 0o700 : 0o600, mode: statSync(path).mode & 0o777 }))
    .filter(({ wanted, mode }) => mode !== wanted)
    .map(({ path, mode }) => `${mode.toString(8)} ${path}`);

describe('the files of the embedded database', () => {
  it('are their owner’s alone when it is new', async () => {
    const stateDir = await preparedStateDir();
    expect(everything(stateDir).length).toBeGreaterThan(500);
    expect(open(stateDir)).toEqual([]);
  });

  it('are so too when they are made while it is in use', async () => {
    const stateDir = await preparedStateDir();
    const before = everything(stateDir).length;
    const database = await openDatabase({}, { stateDir });
    await database.query('create table heap as select g as n from generate_series(1, 1000) g');
    await database.query('create index on heap (n)');
    await database.query('vacuum full heap');
    await database.query('select pg_switch_wal()');
    await database.query('checkpoint');
    await database.query('insert into heap values (1)');

    expect(everything(stateDir).length).toBeGreaterThan(before);
    expect(open(stateDir)).toEqual([]);
    await database.close();
    expect(open(stateDir)).toEqual([]);
  });

  it('become so at the next start where they were open to others', async () => {
    const stateDir = await preparedStateDir();
    for (const { path, isFolder } of everything(stateDir)) chmodSync(path, isFolder ? 0o755 : 0o666);

    const database = await openDatabase({}, { stateDir });

    expect(open(stateDir)).toEqual([]);
    expect(await database.query('select name from tenants')).toEqual([{ name: 'house' }]);
  });
});

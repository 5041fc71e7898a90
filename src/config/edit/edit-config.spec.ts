import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LockLost } from '../file-lock.js';
import { editConfig } from './edit-config.js';

const BEFORE = '{ gateway: { port: 1 } }';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorward-edit-'));
  file = join(folder, 'doorward.json5');
  writeFileSync(file, BEFORE);
});
afterEach(() => rmSync(folder, { recursive: true }));

const anything = (): Promise<void> => Promise.resolve();

it('asks what to edit when nobody else can change the file, for what it holds then', async () => {
  const edits = [1, 2, 3].map((by) =>
    editConfig(
      file,
      (tree) => {
        const { port } = tree['gateway'] as { port: number };
        return [{ keys: ['gateway', 'port'], value: port + by }];
      },
      anything,
    ),
  );
  expect(await Promise.all(edits)).toEqual([true, true, true]);
  expect(readFileSync(file, 'utf8')).toBe('{ gateway: { port: 7 } }');
});

it('writes nothing when somebody else took the lock meanwhile, and leaves them theirs', async () => {
  const edited = editConfig(
    file,
    () => [{ keys: ['gateway', 'port'], value: 2 }],
    async () => {
      rmdirSync(`${file}.lock`);
      mkdirSync(`${file}.lock`);
    },
  );
  await expect(edited).rejects.toThrow(LockLost);
  expect(readFileSync(file, 'utf8')).toBe(BEFORE);
  expect(readdirSync(folder)).toContain('doorward.json5.lock');
});

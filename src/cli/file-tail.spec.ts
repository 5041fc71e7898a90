import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileTail } from './file-tail.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'doorward-tail-'))));
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  ['all of a short one', 'one two', 100, 'one two'],
  ['the end of a long one', 'one two three', 5, 'three'],
  ['of an empty one, nothing', '', 5, ''],
])('%s', (_what, content, most, tail) => {
  writeFileSync(join(folder, 'log'), content);
  expect(fileTail(join(folder, 'log'), most)).toBe(tail);
});

it('a file that is larger than memory can hold at once', () => {
  const log = join(folder, 'log');
  writeFileSync(log, '');
  truncateSync(log, 3 * 1024 ** 3); // a hole takes no room on the disk
  expect(fileTail(log, 3)).toBe('\0\0\0');
});

it('throws for a file that is not there', () => {
  expect(() => fileTail(join(folder, 'log'), 3)).toThrow('ENOENT');
});

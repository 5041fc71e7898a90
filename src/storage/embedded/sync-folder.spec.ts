import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { syncEach, syncFolder } from './sync-folder.js';

it('syncs a folder with whatever is in it, at once or file by file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-sync-'));
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  for (let n = 0; n < 40; n++) writeFileSync(join(folder, `a/b/${n}`), 'x');

  await syncFolder(folder);
  await syncEach(folder);
  await expect(syncEach(join(folder, 'missing'))).rejects.toThrow('ENOENT');
  rmSync(folder, { recursive: true });
});

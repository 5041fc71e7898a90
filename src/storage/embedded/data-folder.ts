import { existsSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { narrowFolder } from './owner-only.js';
import { syncFolder } from './sync-folder.js';

/** pg_control.h: the state follows two 32-bit versions and a 64-bit identifier; 1 is DB_SHUTDOWNED. */
const STATE_AT = 16;
const SHUT_DOWN = 1;

/** `<stateDir>/database`: the cluster, and a mark that its making was finished. */
export class DataFolder {
  readonly cluster: string;
  private readonly mark: string;

  constructor(readonly path: string) {
    this.cluster = join(path, 'cluster');
    this.mark = join(path, 'complete');
  }

  /**
   * Makes the folder ready to be opened. What an interrupted first start has left is thrown away: nothing in it was
   * ever acknowledged. What a killed process has written is brought to the disk, as recovery takes for granted. Files
   * that an older version made for everybody, or a copy has opened, are made the owner's alone.
   */
  async prepare(): Promise<{ isNew: boolean }> {
    if (existsSync(this.mark)) {
      narrowFolder(this.path);
      if (!(await this.wasShutDown())) await syncFolder(this.path);
      return { isNew: false };
    }
    await rm(this.cluster, { recursive: true, force: true });
    await mkdir(this.cluster, { recursive: true, mode: 0o700 });
    return { isNew: true };
  }

  /** Makes the new cluster last: PGlite copies it there unsynced. The mark comes after every file is on the disk. */
  async complete(): Promise<void> {
    await syncFolder(this.path);
    const mark = await open(this.mark, 'w', 0o600);
    await mark.sync();
    await mark.close();
    const folder = await open(this.path);
    await folder.sync();
    await folder.close();
  }

  private async wasShutDown(): Promise<boolean> {
    const control = await open(join(this.cluster, 'global/pg_control'));
    const { buffer } = await control.read(Buffer.alloc(4), 0, 4, STATE_AT);
    await control.close();
    return buffer.readUInt32LE() === SHUT_DOWN;
  }
}

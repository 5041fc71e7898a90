import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TestClock } from '../../../test/helpers/clock.js';
import { systemClock } from '../../kernel/clock.js';
import { DatabaseInUse, FolderLock } from './folder-lock.js';

let folder: string;
let lockFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorward-lock-'));
  lockFile = join(folder, 'lock');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const take = (): FolderLock => FolderLock.take(folder, systemClock);
const held = (holder: { pid: number; started?: string; host?: string }): void =>
  writeFileSync(lockFile, JSON.stringify({ started: '', host: hostname(), ...holder }));

/** A pid that was in use a moment ago. */
const deadPid = (): number => spawnSync('true').pid;

describe('the lock of a folder', () => {
  it('is a file with our pid, gone after release', () => {
    const lock = take();
    expect(JSON.parse(readFileSync(lockFile, 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
    expect(existsSync(lockFile)).toBe(false);
  });

  it('is refused to a second taker, with the pid of the first', () => {
    const lock = take();
    expect(take).toThrow(DatabaseInUse);
    expect(take).toThrow(`in use by process ${process.pid}`);
    lock.release();
    take().release();
  });

  it('is made anew when somebody takes it away, and missed in silence with its folder', () => {
    const clock = new TestClock();
    const lock = FolderLock.take(folder, clock);
    rmSync(lockFile);
    clock.advance(5000);
    expect(JSON.parse(readFileSync(lockFile, 'utf8'))).toMatchObject({ pid: process.pid });

    rmSync(folder, { recursive: true });
    clock.advance(60_000);
    lock.release();
    expect([existsSync(folder), clock.pending]).toEqual([false, 0]);
  });

  it.each([
    ['a process that has ended', () => held({ pid: deadPid() })],
    ['a namesake: the pid is used again by another process', () => held({ pid: process.ppid, started: '1' })],
    ['ourselves before a restart, in a container', () => held({ pid: process.pid, started: '1' })],
  ])('is taken over from %s', (_whom, arrange) => {
    arrange();
    take().release();
    expect(existsSync(join(folder, 'lock.takeover'))).toBe(false);
  });

  it('that is not written yet is somebody else’s, unless that one was killed in it', () => {
    writeFileSync(lockFile, '');
    expect(take).toThrow('in use by another process');

    const before = Date.now() / 1000 - 60;
    utimesSync(lockFile, before, before);
    take().release();
  });

  it('of another machine counts for as long as that one shows that it lives', () => {
    held({ pid: 1, host: 'another-machine' });
    expect(take).toThrow('in use by process 1 on another-machine');

    const before = Date.now() / 1000 - 60;
    utimesSync(lockFile, before, before);
    take().release();
  });

  it('is taken over by one at a time; what a killed taker left is in the way for some seconds only', () => {
    held({ pid: deadPid() });
    const guard = join(folder, 'lock.takeover');
    writeFileSync(guard, JSON.stringify({ pid: 77, started: '', host: hostname() }));
    expect(take).toThrow('in use by process 77');

    const before = Date.now() / 1000 - 60;
    utimesSync(guard, before, before);
    take().release();
  });
});

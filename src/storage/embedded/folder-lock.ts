import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.js';

/** How often a holder shows that it lives, and for how long a silent one on another machine is believed to live. */
const BEAT_MS = 5000;
const SILENT_MS = 20_000;
/** Taking over lasts less than a millisecond; whatever is left of one after this is from a process that was killed in it. */
const TAKEOVER_MS = 10_000;

/** Somebody else has the database open. Only a person can decide which of the two is to run. */
export class DatabaseInUse extends Error {
  override readonly name = 'DatabaseInUse';

  constructor(
    readonly folder: string,
    /** Undefined in the moment in which the other is only just taking it. */
    readonly pid: number | undefined,
    host: string | undefined,
  ) {
    super(
      `the embedded database in ${folder} is in use by ` +
        `${pid === undefined ? 'another process' : `process ${pid}`}${host === undefined ? '' : ` on ${host}`}: ` +
        'stop that gateway, give this one another state directory, or set DATABASE_URL so that both share a PostgreSQL',
    );
  }
}

interface Holder {
  readonly pid: number;
  /** Start of the process in clock ticks since boot: a pid alone is used again, in containers at every start. */
  readonly started: string;
  readonly host: string;
}

/** Folders open in this process. PGlite itself has no lock, and two sessions on one folder lose rows. */
const ours = new Set<string>();

/** The right of one process to a folder: a file with its pid, taken and taken over one at a time. */
export class FolderLock {
  private cancelBeat: (() => void) | undefined;

  private constructor(
    private readonly folder: string,
    private readonly file: string,
    private readonly clock: Clock,
  ) {}

  /** Throws `DatabaseInUse`. A lock whose process is gone is taken over. */
  static take(folder: string, clock: Clock): FolderLock {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, 'lock');
    if (ours.has(folder)) throw new DatabaseInUse(folder, process.pid, undefined);

    if (!create(file)) takeOver(folder, file, clock);
    ours.add(folder);
    const lock = new FolderLock(folder, file, clock);
    lock.beat();
    return lock;
  }

  release(): void {
    this.cancelBeat?.();
    if (!ours.delete(this.folder)) return;
    if (read(this.file)?.pid === process.pid) rmSync(this.file, { force: true });
  }

  private beat(): void {
    this.cancelBeat = this.clock.after(BEAT_MS, () => {
      this.show();
      this.beat();
    });
  }

  /**
   * Shows that the holder lives. A lock that somebody took away is made anew. Where neither can be done (the folder is
   * gone, the disk takes no writes) the database in it fails and says so: that is no reason to end in the middle of it.
   */
  private show(): void {
    const now = this.clock.now() / 1000;
    try {
      if (existsSync(this.file)) utimesSync(this.file, now, now);
      else create(this.file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }
}

function takeOver(folder: string, file: string, clock: Clock): void {
  const guard = join(folder, 'lock.takeover');
  if (!create(guard)) {
    if (clock.now() - modified(guard) < TAKEOVER_MS) refuse(folder, read(guard));
    rmSync(guard, { force: true });
    if (!create(guard)) refuse(folder, read(guard));
  }
  try {
    const holder = read(file);
    if (isAlive(holder, clock.now() - modified(file))) refuse(folder, holder);
    rmSync(file, { force: true });
    if (!create(file)) refuse(folder, read(file));
  } finally {
    rmSync(guard, { force: true });
  }
}

function refuse(folder: string, holder: Holder | undefined): never {
  throw new DatabaseInUse(folder, holder?.pid, holder && holder.host !== hostname() ? holder.host : undefined);
}

/** Whether the file could be made. For a moment it is empty. */
function create(file: string): boolean {
  const self: Holder = { pid: process.pid, started: startOf(process.pid), host: hostname() };
  try {
    const descriptor = openSync(file, 'wx', 0o600);
    writeSync(descriptor, JSON.stringify(self));
    closeSync(descriptor);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The holder, or undefined when the file is gone or its writer was killed while writing. */
function read(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isAlive(holder: Holder | undefined, silentMs: number): boolean {
  if (!holder) return silentMs < TAKEOVER_MS; // made, and not written yet
  if (holder.host !== hostname()) return silentMs < SILENT_MS;
  if (holder.pid === process.pid) return false; // ours would be in `ours`: this is a namesake from before a restart
  return exists(holder.pid) && startOf(holder.pid) === holder.started;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Fields 3 and 22 of /proc/<pid>/stat (proc(5)); elsewhere than on Linux nothing, and the pid must do. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? 'ended' : (rest[18] ?? '');
  } catch {
    return '';
  }
}

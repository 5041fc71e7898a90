import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '../../kernel/clock.js';
import { claudeCode } from './claude-code.js';
import type { CliPlaces, CliProfile, CliProgram } from './cli-login.js';
import { codex } from './codex.js';
import type { Keychain } from './keychain.js';

/** The programs whose logins are read. */
export const CLI_PROGRAMS: readonly CliProgram[] = [claudeCode, codex];

/** The program whose login is stored under this id, or undefined. */
export function programOf(profileId: string): CliProgram | undefined {
  return CLI_PROGRAMS.find((program) => program.profileId === profileId);
}

const KEPT_MS = 15 * 60_000;
const LARGEST = 1 << 20;

/** What was found, until when it is believed, and the file's mark at that time. */
interface Known {
  readonly until: number;
  readonly mark: string | undefined;
  readonly profile: CliProfile | undefined;
}

/** Where the programs keep their things, from the variables that they read themselves. */
export function cliPlaces(variables: Readonly<Record<string, string | undefined>>, home?: string): CliPlaces {
  const own = home ?? (variables['HOME'] || variables['USERPROFILE'] || homedir());
  const expand = (path: string): string => resolve(path.replace(/^~(?=$|[/\\])/, own));
  return {
    home: own,
    codexHome: expand(variables['CODEX_HOME']?.trim() || join(own, '.codex')),
    claudeHome: expand(variables['CLAUDE_CONFIG_DIR']?.trim() || join(own, '.claude')),
  };
}

/** The logins that other programs keep on this machine, read and never written. */
export class CliLogins {
  private readonly known = new Map<CliProgram, Known>();

  /** `keychain` is given where the system has one and may ask the person. */
  constructor(
    private readonly places: CliPlaces,
    private readonly clock: Clock,
    private readonly keychain?: Keychain,
  ) {}

  /** A program's login, or undefined. Read again when its file has changed, and after a quarter of an hour at the latest. */
  async read(program: CliProgram): Promise<CliProfile | undefined> {
    const mark = markOf(program.path(this.places));
    const known = this.known.get(program);
    if (known && known.mark === mark && known.until > this.clock.now()) return known.profile;
    const profile = (await this.fromKeychain(program)) ?? this.fromFile(program);
    this.known.set(program, { until: this.clock.now() + KEPT_MS, mark, profile });
    return profile;
  }

  /** Forgets what was read: somebody has a reason to believe that it is another by now. */
  forget(program: CliProgram): void {
    this.known.delete(program);
  }

  private async fromKeychain(program: CliProgram): Promise<CliProfile | undefined> {
    const secret = await this.keychain?.(program.keychain(this.places));
    return secret === undefined ? undefined : program.parse(treeOf(secret), this.clock.now());
  }

  private fromFile(program: CliProgram): CliProfile | undefined {
    const path = program.path(this.places);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile() || stat.size > LARGEST) return undefined;
    return program.parse(treeOf(contentOf(path)), stat.mtimeMs);
  }
}

/** Another user's file is as good as none. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Half a file, as while the program is writing it, is no login; it is read again when it is whole. */
function treeOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

function markOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat && `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}

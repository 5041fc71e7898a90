import type { OAuthProfile, TokenProfile } from '../profile.js';

/** A program on this machine that keeps a login of its own. We read it, and never write it (reference F.7). */
export interface CliProgram {
  /** As people know it. */
  readonly name: string;
  readonly provider: string;
  /** Under which its login is stored. */
  readonly profileId: string;
  /** How a person signs in there. */
  readonly signIn: string;
  /** Whether the program alone can renew its login: nobody else knows how. */
  readonly renewsAlone: boolean;
  /** Its file, by absolute path. */
  path(places: CliPlaces): string;
  /** Where macOS keeps it instead. */
  keychain(places: CliPlaces): KeychainItem;
  /** What its file or keychain item holds; undefined when that is no login. `writtenAt` in ms since the epoch. */
  parse(content: unknown, writtenAt: number): CliProfile | undefined;
}

export type CliProfile = OAuthProfile | TokenProfile;

/** Where programs keep their things. Absolute paths. */
export interface CliPlaces {
  readonly home: string;
  /** `CODEX_HOME`, else `~/.codex`. */
  readonly codexHome: string;
  /** `CLAUDE_CONFIG_DIR`, else `~/.claude`. */
  readonly claudeHome: string;
}

export interface KeychainItem {
  readonly service: string;
  readonly account?: string;
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

import type { LoadedConfig } from './load.js';
import type { SettingsClass } from './settings.js';

export type Severity = 'critical' | 'warn' | 'info';

/** Something that is allowed, works, and is not as safe as it could be. */
export interface SecurityFinding {
  /** For programs: lower case, words joined by `_`. */
  readonly code: string;
  readonly severity: Severity;
  /** What is the matter, as one sentence without a full stop. */
  readonly title: string;
  /** Which settings or files show it; never a secret. */
  readonly evidence: string;
  /** What to do about it. */
  readonly remedy: string;
  /** What `--fix` may do: narrow the mode of a file or directory. */
  readonly fix?: ModeFix;
}

/** A file or directory that others may read or change, and the mode that it should have. */
export interface ModeFix {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** What is looked at: a configuration that could be started, secrets that cannot be had here left out. */
export interface Audited {
  readonly loaded: LoadedConfig;
  readonly settings: readonly SettingsClass[];
}

/** A check: what is unsafe. Reads, and writes nothing. A part that knows of one has it beside its settings. */
export type SecurityCheck = (audited: Audited) => readonly SecurityFinding[];

/** The findings whose condition holds. */
export function when(...rows: readonly (readonly [holds: boolean, finding: SecurityFinding])[]): SecurityFinding[] {
  return rows.flatMap(([holds, finding]) => (holds ? [finding] : []));
}

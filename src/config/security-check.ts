import type { LoadedConfig } from './load.js';

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

/** A check of a configuration that could be started: what is unsafe in it. Reads, and writes nothing. */
export type SecurityCheck = (loaded: LoadedConfig) => readonly SecurityFinding[];

import type { GatewayParts } from '../../config/gateway-parts.js';
import type { LoadedConfig } from '../../config/load.js';
import type { LocalCredentials } from '../../credentials/local/open-local.js';
import type { ModelStatus } from '../../credentials/status/model-status.js';
import type { FieldError } from '../../kernel/errors.js';
import type { World } from '../command.js';

/** `unmeasured`: nobody has looked, which is no good news. */
export type State = 'ok' | 'warn' | 'fail' | 'unmeasured';

/** Something that can be put right without asking anybody, and put back as it was. */
export interface Repair {
  /** What will be another one: `mode of /…/doorward.json5: 0644 → 0600`. */
  readonly change: string;
  readonly run: () => void | Promise<void>;
}

/** What one check has found. Nothing of it ever holds a secret. */
export interface Finding {
  /** For programs: lower case, words joined by `_`. */
  readonly code: string;
  readonly state: State;
  /** What shows it, as one sentence without a full stop. */
  readonly evidence: string;
  /** What to do about it. */
  readonly fix?: string;
  readonly repair?: Repair;
}

/** What is looked at. All of it was read before; checks that look further say so. */
export interface Patient {
  readonly world: World;
  readonly local: LocalCredentials;
  readonly parts: GatewayParts;
  /** Undefined while something is wrong in it. */
  readonly config?: LoadedConfig;
  readonly errors: readonly FieldError[];
  /** By agent; of those whose store cannot be read, why. */
  readonly statuses: ReadonlyMap<string, ModelStatus | Error>;
}

/** One thing that doctor looks at. Answers with at least one finding: `ok` is one too. */
export type Check = (patient: Patient) => readonly Finding[] | Promise<readonly Finding[]>;

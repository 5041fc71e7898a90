import type { SortedSecrets } from '../../config/secret-surfaces.js';
import type { ConfigPlan } from '../../config/plan.js';
import type { SettingSpec } from '../../config/setting-list.js';
import type { ConfigSnapshot } from '../../config/settings.js';
import type { Looked } from './finding.js';

/** What is looked at: a configuration as it was read, which may have mistakes. */
export interface Scene {
  readonly plan: ConfigPlan;
  /** Without its secrets; reading what is wrong throws, so it is asked inside `unlessBroken`. */
  readonly config: ConfigSnapshot;
  readonly sorted: SortedSecrets;
  readonly specs: readonly SettingSpec[];
}

/** One kind of place where secrets stand. A folder that keeps some brings its own. Reads, and writes nothing. */
export type AuditPlace = (scene: Scene) => Looked | Promise<Looked>;

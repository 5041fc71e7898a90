import type { Clock } from '../../kernel/clock.js';
import { configPlace } from './config-place.js';
import { dotEnvPlace } from './dot-env-place.js';
import type { AuditFinding, FindingCode, Looked, Unmeasured } from './finding.js';
import { type Followed, followReferences } from './follow.js';
import { leftBackupsPlace } from './left-backups-place.js';
import { readScene, type SceneRequest } from './read-scene.js';
import type { AuditPlace } from './scene.js';

/** How the secrets of an installation stand. `unmeasured`: nothing was found, and not everything was looked at. */
export type AuditStatus = 'clean' | 'findings' | 'unresolved' | 'unmeasured';

/** The report, in the shape of the family (reference E.6), with what was not looked at beside it. */
export interface SecretAudit {
  readonly status: AuditStatus;
  readonly summary: {
    readonly plaintextCount: number;
    readonly unresolvedRefCount: number;
    readonly shadowedRefCount: number;
    readonly legacyResidueCount: number;
  };
  readonly resolution: {
    readonly refsChecked: number;
    readonly skippedExecRefs: number;
    readonly resolvabilityComplete: boolean;
  };
  readonly filesScanned: readonly string[];
  readonly findings: readonly AuditFinding[];
  readonly unmeasured: readonly Unmeasured[];
}

export interface AuditRequest extends SceneRequest {
  readonly clock: Clock;
  /** Whether programs that keep secrets may be run. */
  readonly allowExec: boolean;
  /** Places beside the configuration: profiles of agents, and what older versions have left. */
  readonly places: readonly AuditPlace[];
}

export interface LookedThrough {
  readonly audit: SecretAudit;
  /** Holds secrets: for whoever needs them, too, and would have to ask once more. Never shown. */
  readonly followed: Followed;
}

const OWN_PLACES: readonly AuditPlace[] = [configPlace, dotEnvPlace, leftBackupsPlace];

/**
 * Looks for secrets that stand where they should not, and for references that lead nowhere. One engine, whoever asks
 * (`secrets audit`, `security audit`, `doctor`), needs no gateway and writes nothing. Throws ConfigError when the
 * configuration cannot even be read.
 */
export async function auditSecrets(request: AuditRequest): Promise<LookedThrough> {
  const { clock, allowExec, places } = request;
  const { scene, mistakes } = await readScene(request);
  const { plan } = scene;

  const looked = await Promise.all([...OWN_PLACES, ...places].map((place) => place(scene)));
  const references = looked.flatMap((one) => one.references ?? []);
  const followed = await followReferences(references, {
    config: scene.config,
    environment: plan.environment,
    clock,
    allowExec,
  });
  const unread = mistakes.map((error) => ({
    file: plan.fileOf(error.path) ?? plan.stateDir,
    jsonPath: error.path,
    reason: `the configuration is wrong here: ${error.message}`,
  }));
  return { audit: reportOf(looked, followed, unread), followed };
}

function reportOf(looked: readonly Looked[], followed: Followed, mistakes: readonly Unmeasured[]): SecretAudit {
  const findings = [...looked.flatMap((one) => one.findings ?? []), ...followed.findings].toSorted(byPlace);
  const unmeasured = [...looked.flatMap((one) => one.unmeasured ?? []), ...followed.unmeasured, ...mistakes];
  const count = (code: FindingCode): number => findings.filter((one) => one.code === code).length;
  const summary = {
    plaintextCount: count('PLAINTEXT_FOUND'),
    unresolvedRefCount: count('REF_UNRESOLVED'),
    shadowedRefCount: count('REF_SHADOWED'),
    legacyResidueCount: count('LEGACY_RESIDUE'),
  };
  return {
    status: statusOf(summary.unresolvedRefCount, findings.length, unmeasured.length),
    summary,
    resolution: {
      refsChecked: followed.checked,
      skippedExecRefs: followed.skippedExec,
      resolvabilityComplete: unmeasured.length === 0,
    },
    filesScanned: [...new Set(looked.flatMap((one) => one.files ?? []))],
    findings,
    unmeasured: unmeasured.toSorted(byPlace),
  };
}

/** The worst that is known comes first; clean is only what was looked at whole. */
function statusOf(unresolved: number, findings: number, unmeasured: number): AuditStatus {
  if (unresolved > 0) return 'unresolved';
  if (findings > 0) return 'findings';
  return unmeasured > 0 ? 'unmeasured' : 'clean';
}

function byPlace(a: Unmeasured | AuditFinding, b: Unmeasured | AuditFinding): number {
  const [left, right] = [`${a.file}\n${a.jsonPath}`, `${b.file}\n${b.jsonPath}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

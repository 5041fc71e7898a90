import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { exists, textOf } from '../../config/config-file.js';
import { editText } from '../../config/edit/edit-config.js';
import { lockConfig } from '../../config/edit/lock-config.js';
import { type HeldLock, lockFile } from '../../config/file-lock.js';
import { writeFileAtomic } from '../../config/state-directory.js';
import { systemClock } from '../../kernel/clock.js';
import { Backups } from '../../secrets/plan/backups.js';
import { configEdits } from '../../secrets/plan/config-edits.js';
import type { SecretPlan } from '../../secrets/plan/plan.js';
import { PROFILES_FILE } from '../audit/agent-folders.js';
import { judgePlan, type JudgeOptions, refuseAtOnce } from './judge-plan.js';
import { movesOf } from './moves.js';
import { type Installation, type PlanScene, planScene } from './plan-scene.js';
import { editedProfiles, type ProfileEdit } from './profile-edits.js';
import { scrubbedFiles } from './scrub.js';

export interface ApplyOptions extends JudgeOptions {
  /** Leaves the copies of what was changed. They hold the secrets that moved out. */
  readonly keepBackups: boolean;
}

/** What an apply came to, in the shape of the family. */
export interface ApplyReport {
  readonly ok: true;
  readonly mode: 'dry-run' | 'write';
  readonly changed: boolean;
  readonly changedFiles: readonly string[];
  readonly targets: number;
  readonly refsChecked: number;
  readonly skippedExecRefs: number;
  readonly resolvabilityComplete: boolean;
  /** Where the copies are, if they were kept. */
  readonly backups: string | null;
  readonly warningCount: number;
  readonly warnings: readonly string[];
}

/**
 * Carries a plan out, whole or not at all: everything is judged before anything is written, and what was written is taken
 * back when a later step fails. A dry run writes nothing. Throws PlanRefused or ConfigError with all that is wrong, and
 * LockLost when somebody else has come between.
 */
export async function applyPlan(
  plan: SecretPlan,
  installation: Installation,
  options: ApplyOptions,
): Promise<ApplyReport> {
  if (options.dryRun) return apply(plan, await planScene(installation), options);
  const { configFile } = await planScene(installation);
  const lock = await lockConfig(configFile);
  try {
    return await apply(plan, await planScene(installation), options, lock);
  } finally {
    await lock.release();
  }
}

async function apply(plan: SecretPlan, scene: PlanScene, options: ApplyOptions, lock?: HeldLock): Promise<ApplyReport> {
  refuseAtOnce(plan, scene, options);
  const files = await editedFiles(plan, scene);
  const moves = movesOf(plan, scene.config, scene.profiles);
  const { followed, warnings, tree } = await judgePlan(plan, scene, moves, { files, allowExec: options.allowExec });
  for (const [path, text] of scrubbedFiles(plan, scene, moves.texts, tree)) files.set(path, text);

  lock?.check();
  const profiles = byFile(moves.profiles, scene);
  const changedFiles = [...files.keys(), ...profiles.keys()];
  const isWrite = !options.dryRun && changedFiles.length > 0;
  return {
    ok: true,
    mode: options.dryRun ? 'dry-run' : 'write',
    changed: changedFiles.length > 0,
    changedFiles,
    targets: plan.targets.length,
    refsChecked: followed.checked,
    skippedExecRefs: followed.skippedExec,
    resolvabilityComplete: followed.unmeasured.length === 0,
    backups: isWrite ? await write(files, profiles, scene, options) : null,
    warningCount: warnings.length,
    warnings,
  };
}

async function editedFiles(plan: SecretPlan, { config, configFile }: PlanScene): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [file, edits] of await configEdits(plan, config, configFile)) {
    const before = exists(file) ? textOf(file) : '';
    const after = await editText(file, before, edits);
    if (after !== before) files.set(file, after);
  }
  return files;
}

type ProfileFiles = ReadonlyMap<string, readonly ProfileEdit[]>;

function byFile(edits: readonly ProfileEdit[], { folders }: PlanScene): ProfileFiles {
  const files = new Map<string, ProfileEdit[]>();
  for (const edit of edits) {
    const { folder } = folders.find(({ agent }) => agent === edit.agent)!;
    const file = join(folder, PROFILES_FILE);
    files.set(file, [...(files.get(file) ?? []), edit]);
  }
  return files;
}

async function write(
  files: ReadonlyMap<string, string>,
  profiles: ProfileFiles,
  { config, store }: PlanScene,
  { keepBackups }: ApplyOptions,
): Promise<string | null> {
  const backups = await Backups.of(config.stateDir, [...files.keys(), ...profiles.keys()], systemClock.now());
  try {
    // The configuration first: it declares the providers that profiles then refer to.
    for (const [file, text] of files) await writeFileAtomic(realFile(file), text);
    for (const edits of profiles.values())
      await store.update(edits[0]!.agent, (stored) => editedProfiles(stored, edits));
  } catch (error) {
    await backups.restore((path, content) =>
      profiles.has(path) ? writeLocked(path, content) : writeFileAtomic(realFile(path), content),
    );
    await backups.remove();
    throw error;
  }
  if (keepBackups) return backups.folder;
  await backups.remove();
  return null;
}

/** A link stays a link. */
const realFile = (path: string): string => (existsSync(path) ? realpathSync(path) : path);

/** Gateways write profiles too. */
async function writeLocked(path: string, content: Buffer): Promise<void> {
  const held = await lockFile(path);
  try {
    await writeFileAtomic(path, content);
  } finally {
    await held.release();
  }
}

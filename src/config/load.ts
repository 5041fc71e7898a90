import { type Assembly, snapshotOf } from './assemble.js';
import { type ConfigRule, unlessBroken } from './check-rules.js';
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';
import type { LoginShell } from './login-shell.js';
import { ConfigPlan } from './plan.js';
import { ProviderVariables } from './provider-variables.js';
import type { SecretSource } from './secret-source.js';
import type { SecretSurface, SortedSecrets } from './secret-surfaces.js';
import { NO_SECRETS } from './secret-value.js';
import { secretValues } from './secret-values.js';
import type { ConfigSnapshot, SettingsClass } from './settings.js';
import { tooOpen } from './state-directory.js';
import type { Tree } from './tree.js';

export type { ConfigRule } from './check-rules.js';

export interface LoadRequest {
  readonly env: Environment;
  readonly settings: readonly SettingsClass[];
  /** Flags of the command line by path: `{ 'gateway.port': '8080' }`. Text is converted as in the environment. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly rules?: readonly ConfigRule[];
  /** Who follows references to secrets; without it they are errors. */
  readonly secrets?: SecretSource;
  /** When secrets are not needed; those that no surface speaks of always are. */
  readonly surfaces?: readonly SecretSurface[];
  /** The snapshot's number; 1 unless told. The first is the start. */
  readonly version?: number;
  /** Set where its secrets stay as they are, and only those that it lacks are asked for. */
  readonly known?: ConfigSnapshot;
  /** Kept over reloads, so that the login shell is asked once. */
  readonly loginShell?: LoginShell;
}

export interface LoadedConfig {
  readonly snapshot: ConfigSnapshot;
  /** Absolute; it need not exist yet. */
  readonly stateDir: string;
  /** The config file that was read; undefined when there is none. */
  readonly configPath?: string;
  /** The config file and what it includes, as far as they are there. */
  readonly files: readonly string[];
  /** Sentences for the log. */
  readonly warnings: readonly string[];
  /** Those of the warnings that tell what others may read or change. */
  readonly openFiles: readonly string[];
  /** Those of the warnings that tell which reference was not followed, as nobody uses this configuration. */
  readonly unmeasured: readonly string[];
  /** Top-level sections of the file that nobody reads. */
  readonly unusedSections: readonly string[];
  /** Process environment, `.env`, the config's `env` block and the login shell's names, in this order of strength. */
  readonly environment: Environment;
  /** Where each setting that is not a default came from: `file`, `command line`, or a variable. */
  readonly origins: ReadonlyMap<string, string>;
  readonly secrets: SecretUse;
  /** Our sections of the file as they may be shown: references stay, every secret is a mark. */
  readonly redacted: () => Tree;
  /** Every secret that the configuration holds now: for whoever must never let one out. */
  readonly secretValues: () => ReadonlySet<string>;
}

/** Where the secrets of a configuration come from. */
export interface SecretUse extends SortedSecrets {
  /** Paths at which a secret itself stands in the file. */
  readonly plain: readonly string[];
  /** Paths whose secret a variable or a flag gives, and which one. */
  readonly given: ReadonlyMap<string, string>;
}

/** Reads and checks everything, and writes nothing. Throws ConfigError with all that is wrong (contract sections 1 and 2). */
export async function loadConfig(request: LoadRequest): Promise<LoadedConfig> {
  const { secrets = NO_SECRETS, known } = request;
  const plan = await ConfigPlan.of(request);
  const { environment, stateDir, version } = plan;

  // Whether a secret is needed, and who is asked for it, stands in the rest: that comes first.
  const draft = plan.draft();
  const sorted = plan.sort(draft);
  const question = { environment, stateDir, ...sorted };
  const checked = unlessBroken(() => secrets.check({ ...question, config: draft.guarded })) ?? [];
  refuse([...plan.errors, ...draft.errors, ...checked], plan);

  const config = snapshotOf(draft, version);
  const answer = await secrets.resolve({ ...question, config, isStart: version === 1, known });
  const whole = plan.hasReferences ? plan.complete(sorted, answer) : draft;
  refuse(whole.errors, plan);

  const { configPath } = plan;
  const openFiles = [...plan.openFiles, ...openSecrets(plan)];
  const unmeasured = [...(answer.unmeasured?.values() ?? [])];
  return {
    snapshot: snapshotOf(whole, version, new Map([...(answer.parts ?? []), ...ProviderVariables.part(environment)])),
    stateDir,
    ...(configPath !== undefined && { configPath }),
    files: plan.files,
    warnings: [
      ...plan.warnings,
      ...whole.parts.flatMap(({ warnings }) => warnings),
      ...openFiles,
      ...plan.keys.unusedKeys.map((path) => `${path} is set, and this version does not use it`),
      ...answer.warnings,
      ...unmeasured,
    ],
    openFiles,
    unmeasured,
    unusedSections: plan.keys.unusedSections,
    environment,
    origins: originsOf(whole),
    secrets: { ...sorted, plain: plan.plain, given: givenSecrets(whole, sorted) },
    redacted: () => plan.redacted,
    secretValues: () => secretValues(whole.parts),
  };
}

function refuse(errors: ConstructorParameters<typeof ConfigError>[0], plan: ConfigPlan): void {
  if (errors.length > 0)
    throw new ConfigError(
      errors.map((error) => plan.named(error)),
      plan.configPath,
    );
}

function originsOf({ parts }: Assembly): ReadonlyMap<string, string> {
  return new Map(parts.flatMap(({ found }) => found.map(({ spec, origin }) => [spec.path, origin])));
}

function givenSecrets({ parts }: Assembly, { active }: SortedSecrets): ReadonlyMap<string, string> {
  const fetched = new Set(active.map(({ path }) => path));
  const found = parts.flatMap((part) => part.found).filter(({ spec }) => spec.traits.secret && !fetched.has(spec.path));
  return new Map(found.flatMap(({ spec, origin }) => (origin === 'file' ? [] : [[spec.path, origin]])));
}

/** A file that others may read matters when a secret stands in it. */
function openSecrets({ files, plain }: ConfigPlan): string[] {
  if (plain.length === 0) return [];
  const warnings = files.map(tooOpen).filter((warning) => warning !== undefined);
  return warnings.map((warning) => `a secret stands in a file that is not its owner's alone: ${warning}`);
}

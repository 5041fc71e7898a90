import type { FieldError } from '../kernel/errors.js';
import { type Assembly, assemble } from './assemble.js';
import { certificateTrustErrors } from './certificate-trust.js';
import { exists } from './config-file.js';
import type { Environment } from './environment.js';
import { FamilySettings, mustBeLocal } from './family.settings.js';
import { inFile } from './include.js';
import { checkKeys, type KeyReport, sectionsOf } from './known-keys.js';
import type { LoadRequest } from './load.js';
import { LoginShell } from './login-shell.js';
import { fillPlaces, type LocatedSecrets, locateSecrets, redactTree } from './secret-places.js';
import { type SecretShape, secretShape } from './secret-shape.js';
import type { SecretAnswer, SecretSource } from './secret-source.js';
import { type SortedSecrets, sortSecrets } from './secret-surfaces.js';
import { NO_SECRETS } from './secret-value.js';
import { type SettingSpec, settingsOf } from './setting-list.js';
import type { SettingsClass } from './settings.js';
import { importFromShell, type ShellImport } from './shell-import.js';
import { readSources, type Sources } from './sources.js';
import { substitute, type Substitution } from './substitute.js';
import type { Tree } from './tree.js';

/** Everything that was read for a configuration, before secrets are fetched: it can be built without them, then with them. */
export class ConfigPlan {
  readonly environment: Environment;
  private readonly overrides: Readonly<Record<string, unknown>>;

  private constructor(
    private readonly request: LoadRequest,
    readonly version: number,
    private readonly types: readonly SettingsClass[],
    private readonly specs: readonly SettingSpec[],
    private readonly read: Readings,
  ) {
    this.environment = read.shell.environment;
    this.overrides = request.overrides ?? {};
  }

  /** Reads all sources. Throws ConfigError for those that cannot be read. */
  static async of(request: LoadRequest): Promise<ConfigPlan> {
    const { version = 1, loginShell = new LoginShell(), secrets = NO_SECRETS } = request;
    const types = [...request.settings, FamilySettings];
    const specs = types.flatMap(settingsOf);
    const paths = specs.map(({ path }) => path);
    refuseUnknownOverrides(request.overrides ?? {}, new Set(paths));

    const sources = await readSources(request.env);
    const shell = await importFromShell(sources, specs, loginShell);
    const shape = secretShape(types);
    const written = pick(sources.tree, sectionsOf(paths));
    const located = locateSecrets(written, shape, secrets);
    const filled = substitute(located.tree, (name) => shell.environment.get(`!${name}`));
    const keys = checkKeys(sources.tree, paths);
    return new ConfigPlan(request, version, types, specs, {
      sources,
      shell,
      keys,
      shape,
      written,
      located,
      filled,
      secrets,
    });
  }

  get stateDir(): string {
    return this.read.sources.stateDir;
  }

  /** The config file, if it is there. */
  get configPath(): string | undefined {
    const { configPath } = this.read.sources;
    return configPath !== undefined && exists(configPath) ? configPath : undefined;
  }

  /** Every file of the configuration that is there, the config file first. */
  get files(): readonly string[] {
    return this.configPath === undefined ? [] : [this.configPath, ...this.read.sources.included.files];
  }

  /** An error about what an included file says names that file. */
  named(error: FieldError): FieldError {
    const file = this.read.sources.included.fileOf(error.path);
    return file === undefined ? error : inFile(error, file);
  }

  get keys(): KeyReport {
    return this.read.keys;
  }

  /** The whole file with what it includes, as it stands. */
  get tree(): Tree {
    return this.read.sources.tree;
  }

  /** Where in it secrets stand. */
  get shape(): SecretShape {
    return this.read.shape;
  }

  /** What was meant as a reference and is none. */
  get wrongReferences(): LocatedSecrets['errors'] {
    return this.read.located.errors;
  }

  /** The file that says what stands at a path: the config file, or one that it includes. */
  fileOf(path: string): string | undefined {
    return this.read.sources.included.fileOf(path) ?? this.configPath;
  }

  get hasReferences(): boolean {
    return this.read.located.places.length > 0;
  }

  /** What is wrong before any setting is looked at. */
  get errors(): KeyReport['errors'] {
    const { sources, shell, keys, located, filled } = this.read;
    const wrong = [sources, shell, keys, located, filled].flatMap((step) => step.errors);
    return [...wrong, ...certificateTrustErrors(this.environment)];
  }

  /** Sentences about what others may read or change. */
  get openFiles(): readonly string[] {
    return this.read.sources.openFiles;
  }

  get warnings(): readonly string[] {
    return [...this.read.sources.warnings, ...this.read.shell.warnings];
  }

  /** Paths at which the file itself says a secret; not those that it takes from a variable. */
  get plain(): readonly string[] {
    const { located, filled } = this.read;
    return located.plain.filter((path) => !filled.substituted.has(path));
  }

  /** Our sections of the file as they may be shown. */
  get redacted(): Tree {
    return redactTree(this.read.written, this.read.shape, this.read.secrets);
  }

  /** All but the secrets: rules that look at one are not asked. */
  draft(): Assembly {
    const { located, filled } = this.read;
    const places = located.places.map(({ path }) => path);
    const errors = [...located.errors, ...filled.errors];
    return this.build(new Map(), new Map(), { errors, absent: places, pending: places });
  }

  /** Which references somebody needs, and which nobody, seen from all the rest. */
  sort({ guarded }: Assembly): SortedSecrets {
    const { surfaces = [] } = this.request;
    const { environment, overrides, specs } = this;
    const around = { surfaces, specs, environment, overrides, config: guarded };
    return sortSecrets(this.read.located.places, around);
  }

  /** Everything, with the secrets in their places. */
  complete({ active }: SortedSecrets, { values, unmeasured = new Map() }: SecretAnswer): Assembly {
    const origins = new Map(active.map(({ path, reference }) => [path, `${reference.source}:${reference.id}`]));
    const absent = this.read.located.places.map(({ path }) => path).filter((path) => !values.has(path));
    return this.build(values, origins, { errors: [], absent, pending: [...unmeasured.keys()] });
  }

  private build(
    values: ReadonlyMap<string, string>,
    references: ReadonlyMap<string, string>,
    known: Parameters<typeof assemble>[3],
  ): Assembly {
    const { tree, substituted } = this.read.filled;
    const filled = fillPlaces(tree, ({ path }) => values.get(path));
    const { environment, overrides, types, version, request } = this;
    const sources = { tree: filled, references, substituted, environment, overrides };
    return assemble(types, [mustBeLocal, ...(request.rules ?? [])], sources, known, version);
  }
}

interface Readings {
  readonly sources: Sources;
  readonly shell: ShellImport;
  readonly keys: KeyReport;
  readonly shape: SecretShape;
  /** Our sections of the file. */
  readonly written: Tree;
  readonly located: LocatedSecrets;
  /** With `${NAME}` replaced. */
  readonly filled: Substitution;
  readonly secrets: SecretSource;
}

/** A flag for a setting that nobody declares is a mistake in the code, not of a user. */
function refuseUnknownOverrides(overrides: Readonly<Record<string, unknown>>, paths: ReadonlySet<string>): void {
  const unknown = Object.keys(overrides).filter((path) => !paths.has(path));
  if (unknown.length > 0) throw new TypeError(`overrides for settings that nobody declares: ${unknown.join(', ')}`);
}

function pick(tree: Tree, sections: readonly string[]): Tree {
  return Object.fromEntries(sections.filter((key) => Object.hasOwn(tree, key)).map((key) => [key, tree[key]]));
}

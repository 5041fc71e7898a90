import { plainToInstance } from 'class-transformer';
import type { FieldError } from '../kernel/errors.js';
import { explain } from './explain.js';
import { entriesOf, type Judgement, judge } from './instance.js';
import { resolveSetting, type ResolvedSetting, type SettingSources } from './resolve-setting.js';
import { type SettingSpec, settingsOf } from './setting-list.js';
import type { SettingsClass } from './settings.js';
import { join } from './tree.js';

/** One settings class, filled and judged. */
export interface BuiltPart {
  readonly type: SettingsClass;
  readonly part: object;
  readonly errors: readonly FieldError[];
  /** Properties whose value is wrong. */
  readonly broken: ReadonlySet<string>;
  /** Properties that hold a secret which is not there yet. */
  readonly pending: ReadonlySet<string>;
  readonly warnings: readonly string[];
  readonly found: readonly { readonly spec: SettingSpec; readonly origin: string }[];
}

/** What is known of paths before a part is built. */
export interface Foreknown {
  /** Errors that were found already; nothing more is said of those settings. */
  readonly errors: readonly FieldError[];
  /** Secrets that are not there and need not be: nothing is said of them. */
  readonly absent: readonly string[];
  /** Secrets that are not there yet: rules must not look at them. */
  readonly pending: readonly string[];
}

/** Makes the instance of a settings class from its sources. Reports what is wrong with it; throws nothing about values. */
export function buildPart(type: SettingsClass, sources: SettingSources, known: Foreknown): BuiltPart {
  const part: object = new type();
  const settings = settingsOf(type).map((spec) => ({ spec, resolved: resolveSetting(spec, sources) }));
  const isWrong = ({ path }: SettingSpec): boolean => known.errors.some((error) => isAtOrBelow(error.path, path));
  const isAbsent = (path: string): boolean => known.absent.some((absent) => isAtOrBelow(path, absent));

  for (const { spec, resolved } of settings) {
    if (resolved.value !== undefined) Reflect.set(part, spec.property, asInstance(spec, resolved.value));
  }
  const { judged, errors: inMaps } = judge(type, part);
  const errors = settings
    .flatMap(({ spec, resolved }) => (isWrong(spec) ? [] : problemsOf(spec, resolved, judged, inMaps)))
    .filter(({ path }) => !isAbsent(path));
  const at = (paths: readonly string[]): Set<string> =>
    new Set(
      settings
        .filter(({ spec }) => paths.some((path) => isAtOrBelow(path, spec.path)))
        .map(({ spec }) => spec.property),
    );

  return {
    type,
    part,
    errors,
    broken: at([...known.errors, ...errors].map(({ path }) => path)),
    pending: at(known.pending),
    warnings: settings.flatMap(({ resolved }) => resolved.warnings),
    found: settings.flatMap(({ spec, resolved: { origin } }) => (origin === undefined ? [] : [{ spec, origin }])),
  };
}

function problemsOf(
  spec: SettingSpec,
  { problem, origin }: ResolvedSetting,
  judged: readonly Judgement[],
  inMaps: readonly FieldError[],
): FieldError[] {
  if (problem !== undefined) return [{ path: spec.path, message: problem }];
  const { property, traits } = spec;
  const own = judged.filter(({ path, error }) => path === '' && error.property === property);
  const inside = judged.filter(({ path }) => isAtOrBelow(path, property));
  const base = spec.path.slice(0, spec.path.length - property.length);
  return [
    ...own.flatMap(({ error }) => explain(error, spec, origin)),
    ...inMaps.filter(({ path }) => isAtOrBelow(path, property)).map((error) => ({ ...error, path: base + error.path })),
    ...inside.flatMap(({ path, error }) => explain(error, { path: join(base + path, error.property), traits }, origin)),
  ];
}

/** An object, or a list or map of objects, of a class of its own must be an instance before its rules are looked at. */
function asInstance({ type, property, isNested, map }: SettingSpec, value: unknown): unknown {
  if (map) return entriesOf(map, value);
  if (!isNested) return value;
  return Reflect.get(plainToInstance(type, { [property]: value }), property) as unknown;
}

function isAtOrBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}.`);
}

import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import type { FieldError } from '../kernel/errors.js';
import { explain } from './explain.js';
import { resolveSetting, type ResolvedSetting, type SettingSources } from './resolve-setting.js';
import { type SettingSpec, settingsOf } from './setting-list.js';
import type { SettingsClass } from './settings.js';

/** One settings class, filled and judged. */
export interface BuiltPart {
  readonly type: SettingsClass;
  readonly part: object;
  readonly errors: readonly FieldError[];
  /** Properties whose value must not be used. */
  readonly broken: ReadonlySet<string>;
  readonly warnings: readonly string[];
  readonly found: readonly { readonly spec: SettingSpec; readonly origin: string }[];
}

/** Makes the instance of a settings class from its sources. Reports what is wrong with it; throws nothing about values. */
export function buildPart(type: SettingsClass, sources: SettingSources, known: readonly FieldError[]): BuiltPart {
  const part: object = new type();
  const settings = settingsOf(type).map((spec) => ({ spec, resolved: resolveSetting(spec, sources) }));
  const isWrong = ({ path }: SettingSpec): boolean => known.some((error) => isAtOrBelow(error.path, path));

  for (const { spec, resolved } of settings) {
    if (resolved.value !== undefined) Reflect.set(part, spec.property, asInstance(spec, resolved.value));
  }
  const judged = validateSync(part, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
  const errors = settings.flatMap(({ spec, resolved }) => (isWrong(spec) ? [] : problemsOf(spec, resolved, judged)));
  const all = [...known, ...errors];

  return {
    type,
    part,
    errors,
    broken: new Set(
      settings
        .filter(({ spec }) => all.some(({ path }) => isAtOrBelow(path, spec.path)))
        .map(({ spec }) => spec.property),
    ),
    warnings: settings.flatMap(({ resolved }) => resolved.warnings),
    found: settings.flatMap(({ spec, resolved: { origin } }) => (origin === undefined ? [] : [{ spec, origin }])),
  };
}

function problemsOf(spec: SettingSpec, resolved: ResolvedSetting, judged: readonly ValidationError[]): FieldError[] {
  if (resolved.problem !== undefined) return [{ path: spec.path, message: resolved.problem }];
  return judged
    .filter(({ property }) => property === spec.property)
    .flatMap((error) => explain(error, spec, resolved.origin));
}

/** An object, or a list of objects, of a class of its own must be an instance before its rules are looked at. */
function asInstance({ type, property, isNested }: SettingSpec, value: unknown): unknown {
  if (!isNested) return value;
  return Reflect.get(plainToInstance(type, { [property]: value }), property) as unknown;
}

function isAtOrBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}.`);
}

import { getMetadataStorage } from 'class-validator';
import type { TextKind } from './convert.js';
import { mapSecrets, secretShape } from './secret-shape.js';
import { fieldsOf, kindOfSetting, type SettingSpec, settingsOf } from './setting-list.js';
import type { SettingsClass } from './settings.js';

/** What a value at a path is, as far as the settings classes say. */
export interface SettingAt {
  /** `text`: it stays what it is, also when it looks like a number. */
  readonly kind: TextKind | 'text';
  /** Whether it is, or holds, what must never be shown. */
  readonly isSecret: boolean;
}

/** The setting at a path, one key each; undefined where no setting stands, which is no verdict: `checkKeys` gives that. */
export function settingAt(types: readonly SettingsClass[], keys: readonly string[]): SettingAt | undefined {
  const isSecret = isSecretAt(types, keys);
  for (const spec of types.flatMap(settingsOf)) {
    const path = spec.path.split('.');
    if (path.length > keys.length || path.some((key, index) => key !== keys[index])) continue;
    const kind = kindAt(spec, keys.slice(path.length));
    if (kind !== undefined) return { kind, isSecret };
  }
  return isSecret ? { kind: 'text', isSecret } : undefined;
}

/** Whether a path leads to a secret, or to something inside or around one. */
function isSecretAt(types: readonly SettingsClass[], keys: readonly string[]): boolean {
  let isSecret = false;
  const probe = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), '');
  mapSecrets(probe, secretShape(types), () => {
    isSecret = true;
    return undefined;
  });
  return isSecret;
}

function kindAt(spec: SettingSpec, below: readonly string[]): SettingAt['kind'] | undefined {
  const [entry, property, ...rest] = below;
  if (entry === undefined) return isText(spec.type, spec.property) ? 'text' : spec.kind;
  if (!spec.map || property === undefined || rest.length > 0) return undefined;
  const type = spec.map.typeOf({});
  if (!fieldsOf(type).includes(property)) return undefined;
  return isText(type, property) ? 'text' : kindOfSetting(type, property, Reflect.get(new type(), property));
}

function isText(type: SettingsClass, property: string): boolean {
  if (designOf(type, property) === String || typeof Reflect.get(new type(), property) === 'string') return true;
  return rulesOf(type).some(
    ({ propertyName, name, each }) => propertyName === property && name === 'isString' && !each,
  );
}

function rulesOf(type: SettingsClass) {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
}

function designOf(type: SettingsClass, property: string): unknown {
  return Reflect.getMetadata('design:type', type.prototype as object, property) as unknown;
}

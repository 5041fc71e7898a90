import { getMetadataStorage } from 'class-validator';
import type { TextKind } from './convert.js';
import { join } from './tree.js';
import { type MapTraits, mapTraits } from './map-of.js';
import { settingsPath, settingTraits, type SettingsClass, type SettingTraits } from './settings.js';

/** One property of a settings class, as the loader sees it. */
export interface SettingSpec {
  readonly type: SettingsClass;
  readonly property: string;
  /** Where it stands in the config file: `gateway.auth.token`. */
  readonly path: string;
  /** How text from the environment or the command line becomes a value. */
  readonly kind: TextKind;
  readonly initial: unknown;
  readonly traits: SettingTraits;
  /** Whether its value is an object, or a list of objects, of a class of its own (`@ValidateNested`). */
  readonly isNested: boolean;
  /** What its entries are, if it is a map of objects (`@MapOf`). */
  readonly map?: MapTraits;
}

/** All properties of a settings class: whatever has a default, a `@Setting` or a validation rule. */
export function settingsOf(type: SettingsClass): SettingSpec[] {
  const initial: object = new type();
  const traits = settingTraits(type);
  const properties = fieldsOf(type);
  const maps = mapTraits(type);
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
  return properties.map((property) => ({
    type,
    property,
    path: join(settingsPath(type), property),
    kind: kindOfSetting(type, property, Reflect.get(initial, property)),
    initial: Reflect.get(initial, property) as unknown,
    traits: traits.get(property) ?? {},
    map: maps.get(property),
    isNested: rules.some((rule) => rule.propertyName === property && rule.type === 'nestedValidation'),
  }));
}

/** The names of all properties, also of a class that stands inside a setting. */
export function fieldsOf(type: SettingsClass): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
  const named = rules.map(({ propertyName }) => propertyName);
  return [...new Set([...Object.keys(new type()), ...settingTraits(type).keys(), ...named])];
}

/** By the default's type, since a property without a type annotation has no design type; by the design type otherwise. */
export function kindOfSetting(type: SettingsClass, property: string, initial: unknown): TextKind {
  const design: unknown = Reflect.getMetadata('design:type', type.prototype as object, property);
  if (typeof initial === 'number' || design === Number) return 'number';
  if (typeof initial === 'boolean' || design === Boolean) return 'boolean';
  return Array.isArray(initial) || design === Array ? 'list' : 'other';
}

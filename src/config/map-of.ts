import { IsObject } from 'class-validator';
import type { SettingsClass } from './settings.js';

/** What `@MapOf` says of a property. */
export interface MapTraits {
  /** The class of an entry; it may depend on what the entry says of itself. */
  readonly typeOf: (entry: unknown) => SettingsClass;
  readonly keys?: KeyRule;
}

/** What the keys of a map look like. */
export interface KeyRule {
  readonly pattern: RegExp;
  /** In words: `must be …`. */
  readonly rule: string;
}

const MAPS = Symbol('settings:maps');

/**
 * A property whose value is an object of entries, each an instance of a class of its own, checked by that class's rules:
 * `@MapOf(() => ProviderSettings) providers: Record<string, ProviderSettings> = {}`. A `@Setting({ secret: true })`
 * inside that class counts as anywhere else: `models.providers.<id>.apiKey` takes references.
 */
export function MapOf(typeOf: MapTraits['typeOf'], keys?: KeyRule): PropertyDecorator {
  return (target, property) => {
    const type = target.constructor as SettingsClass;
    const known = mapTraits(type);
    Reflect.defineMetadata(MAPS, new Map(known).set(String(property), { typeOf, keys }), type);
    IsObject()(target, property);
  };
}

/** The maps of a class, by property. */
export function mapTraits(type: SettingsClass): ReadonlyMap<string, MapTraits> {
  return (Reflect.getMetadata(MAPS, type) as Map<string, MapTraits> | undefined) ?? new Map<string, MapTraits>();
}

import { plainToInstance } from 'class-transformer';
import { FAMILY_KEYS, SCHEMA_KEY } from './family-keys.js';
import { mapTraits } from './map-of.js';
import { type JsonSchema, rulesOf, withRule } from './rule-schema.js';
import { type SettingsClass, settingsPath, settingTraits } from './settings.js';

/** A secret is the text itself or a reference to it. */
const SECRET: JsonSchema = { anyOf: [{ type: 'string' }, { $ref: '#/$defs/SecretRef' }], writeOnly: true };

const SECRET_REF: JsonSchema = {
  type: 'object',
  description: 'A secret that is kept elsewhere.',
  properties: {
    source: { enum: ['env', 'file', 'exec'] },
    provider: { type: 'string' },
    id: { type: 'string' },
  },
  required: ['source', 'id'],
  additionalProperties: false,
};

const UNUSED = 'Known by the family, not used by Doorward.';

interface Section {
  properties: Record<string, JsonSchema>;
  readonly below: Map<string, Section>;
}

/** What a config file may hold, as JSON Schema, from the classes that judge it: for editors and for other programs. */
export function configSchema(types: readonly SettingsClass[]): object {
  const root = newSection();
  for (const type of types) {
    const section = sectionAt(root, settingsPath(type).split('.'));
    Object.assign(section.properties, propertiesOf(type));
  }
  for (const path of FAMILY_KEYS) addFamilyKey(root, path);
  const { properties } = schemaOf(root, false);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Doorward configuration',
    type: 'object',
    properties: {
      [SCHEMA_KEY]: { type: 'string' },
      env: {
        type: 'object',
        description: 'Variables, by name or below `vars`; `shellEnv` imports from the login shell.',
      },
      ...properties,
    },
    // Sections of other programs of the family are left alone.
    additionalProperties: true,
    $defs: { SecretRef: SECRET_REF },
  };
}

function schemaOf({ properties, below }: Section, isClosed = true): JsonSchema {
  const sections = [...below].map(([key, section]) => [key, properties[key] ?? schemaOf(section)] as const);
  return {
    type: 'object',
    properties: { ...properties, ...Object.fromEntries(sections) },
    additionalProperties: !isClosed,
  };
}

function propertiesOf(type: SettingsClass): Record<string, JsonSchema> {
  const properties: Record<string, JsonSchema> = {};
  const initial: object = new type();
  const nested = new Set<string>();
  for (const rule of rulesOf(type)) {
    if (rule.type === 'nestedValidation') nested.add(rule.propertyName);
    properties[rule.propertyName] = withRule(properties[rule.propertyName] ?? {}, rule);
  }
  for (const name of [...Object.keys(initial), ...settingTraits(type).keys()]) properties[name] ??= {};
  for (const name of nested) properties[name] = nestedSchema(type, name, properties[name]!);
  for (const [name, { typeOf, keys }] of mapTraits(type)) {
    properties[name] = {
      type: 'object',
      additionalProperties: entrySchema(typeOf({})),
      ...(keys && { propertyNames: { pattern: keys.pattern.source } }),
    };
  }
  for (const [name, { secret, hidden }] of settingTraits(type)) {
    if (secret) properties[name] = secretSchema(properties[name]!);
    else if (hidden) properties[name] = { ...properties[name], writeOnly: true };
  }
  return withDefaults(type, properties, initial);
}

function entrySchema(type: SettingsClass): JsonSchema {
  return { type: 'object', properties: propertiesOf(type), additionalProperties: false };
}

/** The class behind `@ValidateNested() @Type(…)` is asked for by making one. */
function nestedSchema(type: SettingsClass, property: string, known: JsonSchema): JsonSchema {
  const made: unknown = Reflect.get(plainToInstance(type, { [property]: [{}] }), property);
  const first: unknown = Array.isArray(made) ? made[0] : made;
  const constructor = typeof first === 'object' && first !== null ? (first.constructor as SettingsClass) : undefined;
  if (!constructor || constructor === (Object as unknown) || constructor === type) return known;
  return known.type === 'array' ? { ...known, items: entrySchema(constructor) } : entrySchema(constructor);
}

/** Of a map, every entry may be a reference. */
function secretSchema({ type }: JsonSchema): JsonSchema {
  if (type === 'object') return { type, additionalProperties: SECRET };
  return type === 'array' ? { type, items: SECRET } : SECRET;
}

function withDefaults(type: SettingsClass, properties: Record<string, JsonSchema>, initial: object) {
  const traits = settingTraits(type);
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const value: unknown = Reflect.get(initial, name);
      const isShown = value !== undefined && !traits.get(name)?.secret && !traits.get(name)?.hidden;
      return [name, isShown ? { ...schema, default: value } : schema];
    }),
  );
}

function addFamilyKey(root: Section, path: string): void {
  const keys = path.replace(/\.\*$/, '').split('.');
  if (!root.below.has(keys[0]!)) return;
  const section = sectionAt(root, keys.slice(0, -1));
  const name = keys.at(-1)!;
  if (!section.below.has(name)) section.properties[name] ??= { description: UNUSED };
}

function sectionAt(root: Section, keys: readonly string[]): Section {
  return keys.reduce((section, key) => {
    if (!section.below.has(key)) section.below.set(key, newSection());
    return section.below.get(key)!;
  }, root);
}

function newSection(): Section {
  return { properties: {}, below: new Map() };
}

import { plainToInstance } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';
import { mapTraits } from './map-of.js';
import { type SettingsClass, settingsPath, settingTraits, type SettingTraits } from './settings.js';
import { isTree, type Tree } from './tree.js';

/** `secret` may be a reference; `hidden` is never shown either, and is taken as it stands. */
export type Confidence = 'secret' | 'hidden';

/** Where in a configuration secrets stand: at this value and all below it, in fields, or in the entries of a map. */
export type SecretShape =
  | { readonly confidence: Confidence }
  | { readonly fields: ReadonlyMap<string, SecretShape> }
  | { readonly entry: (entry: unknown) => SecretShape };

/** Looks at one value in a secret's place. Answers what shall stand there instead, or undefined to look further inside. */
export type Visit = (value: unknown, keys: readonly string[], confidence: Confidence) => { value: unknown } | undefined;

/** The shape of a whole configuration, from the marks of all settings classes. */
export function secretShape(types: readonly SettingsClass[]): SecretShape {
  const root = new Map<string, SecretShape>();
  for (const type of types) {
    const keys = settingsPath(type).split('.');
    const fields = keys.reduce(descend, root);
    for (const [property, shape] of shapeOf(type).fields) fields.set(property, shape);
  }
  return { fields: root };
}

/** A copy of `value` in which whatever stands in a secret's place was looked at. */
export function mapSecrets(value: unknown, shape: SecretShape, visit: Visit, keys: readonly string[] = []): unknown {
  if ('confidence' in shape) return mapAll(value, shape.confidence, visit, keys);
  if (Array.isArray(value)) return value.map((entry, i) => mapSecrets(entry, shape, visit, [...keys, String(i)]));
  if (!isTree(value)) return value;
  return mapEntries(value, (entry, key) => {
    const inner = 'fields' in shape ? shape.fields.get(key) : shape.entry(entry);
    return inner ? mapSecrets(entry, inner, visit, [...keys, key]) : entry;
  });
}

function mapAll(value: unknown, confidence: Confidence, visit: Visit, keys: readonly string[]): unknown {
  const instead = visit(value, keys, confidence);
  if (instead) return instead.value;
  if (Array.isArray(value)) return value.map((entry, i) => mapAll(entry, confidence, visit, [...keys, String(i)]));
  return isTree(value) ? mapEntries(value, (entry, key) => mapAll(entry, confidence, visit, [...keys, key])) : value;
}

export function mapEntries(tree: Tree, change: (entry: unknown, key: string) => unknown): Tree {
  return Object.fromEntries(Object.entries(tree).map(([key, entry]) => [key, change(entry, key)]));
}

function descend(fields: Map<string, SecretShape>, key: string): Map<string, SecretShape> {
  const below = fields.get(key);
  if (below && 'fields' in below) return below.fields as Map<string, SecretShape>;
  const made = new Map<string, SecretShape>();
  fields.set(key, { fields: made });
  return made;
}

function shapeOf(type: SettingsClass): { fields: ReadonlyMap<string, SecretShape> } {
  const fields = new Map<string, SecretShape>();
  for (const [property, nested] of nestedTypes(type)) fields.set(property, shapeOf(nested));
  for (const [property, { typeOf }] of mapTraits(type))
    fields.set(property, { entry: (entry) => shapeOf(typeOf(entry)) });
  for (const [property, traits] of settingTraits(type)) {
    const confidence = confidenceOf(traits);
    if (confidence) fields.set(property, { confidence });
  }
  return { fields };
}

function confidenceOf({ secret, hidden }: SettingTraits): Confidence | undefined {
  if (secret) return 'secret';
  return hidden ? 'hidden' : undefined;
}

/** The classes behind `@ValidateNested() @Type(…)`, by property: those of lists too. Asked for by making one. */
function nestedTypes(type: SettingsClass): Map<string, SettingsClass> {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
  const nested = rules.filter((rule) => rule.type === 'nestedValidation').map((rule) => rule.propertyName);
  return new Map(
    [...new Set(nested)].flatMap((property): [string, SettingsClass][] => {
      const made: unknown = Reflect.get(plainToInstance(type, { [property]: [{}] }), property);
      const constructor = Array.isArray(made) ? (made[0] as object).constructor : Object;
      return constructor === Object || constructor === type ? [] : [[property, constructor as SettingsClass]];
    }),
  );
}

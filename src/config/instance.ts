import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import type { FieldError } from '../kernel/errors.js';
import { type MapTraits, mapTraits } from './map-of.js';
import type { SettingsClass } from './settings.js';
import { isTree, join, kindOf } from './tree.js';

/** What class-validator says of a property, and where the object that has it stands. */
export interface Judgement {
  /** The path of the object: `models.providers.openai`; empty for a whole part. */
  readonly path: string;
  readonly error: ValidationError;
}

/** Plain data as an instance of its class, objects inside it as instances of theirs. What is no object stays as it is. */
function instanceOf(type: SettingsClass, value: unknown): unknown {
  if (!isTree(value)) return value;
  const instance = plainToInstance(type, value);
  for (const [property, map] of mapTraits(type)) {
    if (Object.hasOwn(value, property)) Reflect.set(instance, property, entriesOf(map, value[property]));
  }
  return instance;
}

/** The value of a map property: each entry as an instance. */
export function entriesOf({ typeOf }: MapTraits, value: unknown): unknown {
  if (!isTree(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, instanceOf(typeOf(entry), entry)]));
}

/** Everything that is wrong with an instance and with what its maps hold. */
export function judge(type: SettingsClass, instance: object, path = ''): { judged: Judgement[]; errors: FieldError[] } {
  const own = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
  const judged: Judgement[] = own.map((error) => ({ path, error }));
  const errors: FieldError[] = [];
  for (const [property, { typeOf, keys }] of mapTraits(type)) {
    const map: unknown = Reflect.get(instance, property);
    if (!isTree(map)) continue; // its own rule has said so
    for (const [key, entry] of Object.entries(map)) {
      const here = join(join(path, property), key);
      if (keys && !keys.pattern.test(key)) errors.push({ path: here, message: `the name ${keys.rule}; rename it` });
      if (!isTree(entry)) {
        errors.push({ path: here, message: `must be an object, and it is ${kindOf(entry)}; write { … } or remove it` });
        continue;
      }
      const inner = judge(typeOf(entry), entry, here);
      judged.push(...inner.judged);
      errors.push(...inner.errors);
    }
  }
  return { judged, errors };
}

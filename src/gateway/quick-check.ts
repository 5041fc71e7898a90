import { getMetadataStorage, ValidationTypes, type ValidatorConstraintInterface } from 'class-validator';
import { isObject } from './frames.js';
import type { ParamsClass } from './params.js';

/** Makes an instance of a valid plain object; undefined when something is wrong with it, or it cannot be told here. */
export type QuickCheck<T> = (plain: Record<string, unknown>) => T | undefined;

type Condition = (object: object, value: unknown) => boolean;

/** A rule of class-validator, ready to be asked. */
interface Rule {
  readonly each: boolean;
  readonly constraints: unknown[];
  readonly judge: ValidatorConstraintInterface;
}

interface Field {
  readonly conditions: Condition[];
  readonly rules: Rule[];
  nested?: QuickCheck<object>;
}

/** What of class-validator's notes is read here. */
interface Note {
  readonly type: string;
  readonly propertyName: string;
  readonly constraintCls: new () => unknown;
  readonly constraints?: unknown[];
  readonly each?: boolean;
  readonly groups?: unknown[];
}

/**
 * The rules of a class-validator class as one function. They are the same rule objects that class-validator asks, but
 * looked up once: it looks up all of them for every object, which would cost a fifth of a `connect`. It says only
 * yes: whatever is not clearly valid goes to class-validator, which knows the words for it.
 */
export function quickCheck<T extends object>(type: ParamsClass<T>): QuickCheck<T> {
  const fields = fieldsOf(type);
  if (!fields) return () => undefined;

  return (plain) => {
    for (const key of Object.keys(plain)) if (!fields.has(key)) return undefined;
    const instance = new type();
    const target = instance as Record<string, unknown>;
    for (const [name, field] of fields) {
      const value = plain[name];
      if (!field.conditions.every((applies) => applies(plain, value))) continue;
      if (!obeys(field, value, plain, name)) return undefined;
      if (!field.nested) target[name] = value;
      else if ((target[name] = isObject(value) ? field.nested(value) : undefined) === undefined) return undefined;
    }
    return instance;
  };
}

function obeys({ rules }: Field, value: unknown, object: object, property: string): boolean {
  return rules.every(({ each, constraints, judge }) => {
    const valid = (one: unknown): boolean =>
      judge.validate(one, { value: one, constraints, object, property, targetName: '' }) === true;
    return each && Array.isArray(value) ? value.every(valid) : valid(value);
  });
}

/** Undefined for a class with something that is not understood here: groups, promises, lists of objects. */
function fieldsOf(type: ParamsClass): Map<string, Field> | undefined {
  const storage = getMetadataStorage();
  const notes = storage.getTargetValidationMetadatas(type, '', false, false) as unknown as Note[];
  const fields = new Map<string, Field>();
  for (const note of notes) {
    if (note.groups && note.groups.length > 0) return undefined;
    const field = fields.get(note.propertyName) ?? { conditions: [], rules: [] };
    fields.set(note.propertyName, field);
    switch (note.type) {
      case ValidationTypes.CONDITIONAL_VALIDATION:
        field.conditions.push(note.constraints![0] as Condition);
        break;
      case ValidationTypes.NESTED_VALIDATION: {
        const inner: unknown = Reflect.getMetadata('design:type', type.prototype as object, note.propertyName);
        if (note.each || typeof inner !== 'function' || inner === Array || inner === Object) return undefined;
        field.nested = quickCheck(inner as ParamsClass);
        break;
      }
      case ValidationTypes.CUSTOM_VALIDATION:
        for (const { instance, async } of storage.getTargetValidatorConstraints(note.constraintCls)) {
          if (async) return undefined;
          field.rules.push({ each: note.each ?? false, constraints: note.constraints ?? [], judge: instance });
        }
        break;
      case ValidationTypes.WHITELIST:
        break;
      default:
        return undefined;
    }
  }
  return fields;
}

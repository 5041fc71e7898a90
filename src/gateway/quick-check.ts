import { getMetadataStorage, IS_OPTIONAL, ValidationTypes, type ValidatorConstraintInterface } from 'class-validator';
import { isObject } from './frames.js';
import type { ParamsClass } from './params.js';

/** Makes an instance of a valid plain object; undefined when something is wrong with it, or it cannot be told here. */
export type QuickCheck<T> = (plain: Record<string, unknown>) => T | undefined;

/** Classes in which a null is said on purpose; here an optional null is the same as nothing. */
const NULL_MATTERS = new WeakSet<object>();

/** Leaves a class to class-validator, which keeps nulls. */
export function NullMatters(): ClassDecorator {
  return (type) => void NULL_MATTERS.add(type);
}

type Condition = (object: object, value: unknown) => boolean;

/** A rule of class-validator, ready to be asked. */
interface Rule {
  readonly each: boolean;
  readonly constraints: unknown[];
  readonly judge: ValidatorConstraintInterface;
}

interface Field {
  readonly name: string;
  /** Whether nothing is asked of it when it is absent or null. */
  optional: boolean;
  /** When its rules apply at all. */
  readonly conditions: Condition[];
  readonly rules: Rule[];
  nested?: QuickCheck<object>;
}

/** What of class-validator's notes is read here. */
interface Note {
  readonly type: string;
  readonly name?: string;
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
  if (!fields || NULL_MATTERS.has(type)) return () => undefined;

  // What is there is looked at, and beside that only what must be there: most fields of most objects are absent.
  const needed = [...fields.values()].filter(({ optional }) => !optional);
  return (plain) => {
    const instance = new type();
    for (const name of Object.keys(plain)) {
      const field = fields.get(name);
      if (!field || !take(field, plain, instance)) return undefined;
    }
    for (const field of needed) if (!(field.name in plain) && !take(field, plain, instance)) return undefined;
    return instance;
  };
}

/** Copies a field that obeys its rules; false when it does not. */
function take(field: Field, plain: Record<string, unknown>, instance: object): boolean {
  const { name, optional, conditions, rules, nested } = field;
  const value = plain[name];
  if (optional && (value === undefined || value === null)) return true;
  for (const applies of conditions) if (!applies(plain, value)) return true;
  for (const rule of rules) if (!obeys(rule, value, plain, name)) return false;
  const taken = nested ? isObject(value) && nested(value) : value;
  (instance as Record<string, unknown>)[name] = taken;
  return !nested || Boolean(taken);
}

function obeys({ each, constraints, judge }: Rule, value: unknown, object: object, property: string): boolean {
  const valid = (one: unknown): boolean =>
    judge.validate(one, { value: one, constraints, object, property, targetName: '' }) === true;
  return each && Array.isArray(value) ? value.every(valid) : valid(value);
}

/** Undefined for a class with something that is not understood here: groups, promises, lists of objects. */
function fieldsOf(type: ParamsClass): Map<string, Field> | undefined {
  const storage = getMetadataStorage();
  const notes = storage.getTargetValidationMetadatas(type, '', false, false) as unknown as Note[];
  const fields = new Map<string, Field>();
  for (const note of notes) {
    if (note.groups && note.groups.length > 0) return undefined;
    const name = note.propertyName;
    const field = fields.get(name) ?? { name, optional: false, conditions: [], rules: [] };
    fields.set(name, field);
    switch (note.type) {
      case ValidationTypes.CONDITIONAL_VALIDATION:
        if (note.name === IS_OPTIONAL) field.optional = true;
        else field.conditions.push(note.constraints![0] as Condition);
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

import { getMetadataStorage, ValidationTypes } from 'class-validator';
import type { ParamsClass } from './params.js';

/** The part of JSON Schema that our rules can say. */
export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
}

interface Rule {
  readonly name?: string;
  readonly type: string;
  readonly propertyName: string;
  readonly constraints?: readonly unknown[];
  readonly each?: boolean;
}

// prettier-ignore
const BY_RULE: Readonly<Record<string, (constraints: readonly unknown[]) => JsonSchema>> = {
  isString:  () => ({ type: 'string' }),
  isInt:     () => ({ type: 'integer' }),
  isNumber:  () => ({ type: 'number' }),
  isBoolean: () => ({ type: 'boolean' }),
  isObject:  () => ({ type: 'object' }),
  isArray:   () => ({ type: 'array' }),
  isUuid:    () => ({ type: 'string', format: 'uuid' }),
  isIn:      ([values]) => ({ enum: values as unknown[] }),
  matches:   ([pattern]) => ({ pattern: (pattern as RegExp).source }),
  min:       ([least]) => ({ minimum: least as number }),
  max:       ([most]) => ({ maximum: most as number }),
  minLength: ([least]) => ({ minLength: least as number }),
  maxLength: ([most]) => ({ maxLength: most as number }),
  isLength:  ([least, most]) => ({ minLength: least as number, maxLength: most as number }),
};

/** The schema of a parameter class, from the same rules that check it: the document cannot say something else. */
export function schemaOf(type: ParamsClass): JsonSchema {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false) as unknown as Rule[];
  const properties: Record<string, JsonSchema> = {};
  const optional = new Set<string>();
  for (const rule of rules) {
    const { propertyName: name } = rule;
    if (rule.type === ValidationTypes.CONDITIONAL_VALIDATION) optional.add(name);
    else if (rule.type === ValidationTypes.NESTED_VALIDATION) properties[name] = schemaOf(typeOf(type, name));
    else properties[name] = merge(properties[name] ?? {}, rule);
  }
  const required = Object.keys(properties).filter((name) => !optional.has(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

/** The class of a nested property: what the compiler noted of its type. */
function typeOf(type: ParamsClass, property: string): ParamsClass {
  return Reflect.getMetadata('design:type', type.prototype as object, property) as ParamsClass;
}

function merge(schema: JsonSchema, { name, constraints, each }: Rule): JsonSchema {
  const added = BY_RULE[name ?? '']?.(constraints ?? []) ?? {};
  return each ? { ...schema, items: { ...schema.items, ...added } } : { ...added, ...schema };
}

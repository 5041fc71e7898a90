import { getMetadataStorage } from 'class-validator';

/** The part of JSON Schema that our rules can say. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly writeOnly?: boolean;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
}

/** One rule on one property, as class-validator keeps it. */
export interface Rule {
  readonly name?: string;
  readonly type: string;
  readonly propertyName: string;
  readonly constraints?: readonly unknown[];
  readonly each?: boolean;
}

// prettier-ignore
const BY_RULE: Readonly<Record<string, (constraints: readonly unknown[]) => JsonSchema>> = {
  isString:     () => ({ type: 'string' }),
  isInt:        () => ({ type: 'integer' }),
  isNumber:     () => ({ type: 'number' }),
  isBoolean:    () => ({ type: 'boolean' }),
  isObject:     () => ({ type: 'object' }),
  isArray:      () => ({ type: 'array' }),
  isUuid:       () => ({ type: 'string', format: 'uuid' }),
  isEmail:      () => ({ type: 'string', format: 'email' }),
  isUrl:        () => ({ type: 'string', format: 'uri' }),
  isIn:         ([values]) => ({ enum: values as unknown[] }),
  matches:      ([pattern]) => ({ pattern: (pattern as RegExp).source }),
  min:          ([least]) => ({ minimum: least as number }),
  max:          ([most]) => ({ maximum: most as number }),
  minLength:    ([least]) => ({ minLength: least as number }),
  maxLength:    ([most]) => ({ maxLength: most as number }),
  isLength:     ([least, most]) => ({ minLength: least as number, maxLength: most as number }),
  arrayMaxSize: ([most]) => ({ maxItems: most as number }),
};

/** All rules of a class. */
export function rulesOf(type: new () => object): readonly Rule[] {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', true, false) as unknown as Rule[];
}

/** A schema with what one more rule says. */
export function withRule(schema: JsonSchema, { name, constraints, each }: Rule): JsonSchema {
  const added = BY_RULE[name ?? '']?.(constraints ?? []) ?? {};
  return each ? { ...schema, items: { ...schema.items, ...added } } : { ...added, ...schema };
}

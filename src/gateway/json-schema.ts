import { ValidationTypes } from 'class-validator';
import { type JsonSchema, rulesOf, withRule } from '../config/rule-schema.js';
import type { ParamsClass } from './params.js';

/** The schema of a parameter class, from the same rules that check it: the document cannot say something else. */
export function schemaOf(type: ParamsClass): JsonSchema {
  const rules = rulesOf(type);
  const properties: Record<string, JsonSchema> = {};
  const optional = new Set<string>();
  for (const rule of rules) {
    const { propertyName: name } = rule;
    if (rule.type === ValidationTypes.CONDITIONAL_VALIDATION) optional.add(name);
    else if (rule.type === ValidationTypes.NESTED_VALIDATION) properties[name] = schemaOf(typeOf(type, name));
    else properties[name] = withRule(properties[name] ?? {}, rule);
  }
  const required = Object.keys(properties).filter((name) => !optional.has(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

/** The class of a nested property: what the compiler noted of its type. */
function typeOf(type: ParamsClass, property: string): ParamsClass {
  return Reflect.getMetadata('design:type', type.prototype as object, property) as ParamsClass;
}

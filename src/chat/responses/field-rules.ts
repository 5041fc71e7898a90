import { type FieldError, Refused } from '../../kernel/errors.js';

/** What a field must be, and how that is said: "must be …". */
export interface FieldRule {
  readonly allows: (value: unknown) => boolean;
  readonly message: string;
}

/** By the path of the field, with dots: what stands deeper stands below what it is in. */
export type FieldRules = Readonly<Record<string, FieldRule>>;

type Body = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const TEXT: FieldRule = { allows: isText, message: 'must be a text' };
export const TEXTS: FieldRule = {
  allows: (value) => Array.isArray(value) && value.every(isText),
  message: 'must be a list of texts',
};
export const TEXT_OR_TEXTS: FieldRule = {
  allows: (value) => isText(value) || TEXTS.allows(value),
  message: 'must be a text or a list of texts',
};
export const FLAG: FieldRule = { allows: (value) => typeof value === 'boolean', message: 'must be true or false' };
export const OBJECT: FieldRule = { allows: isObject, message: 'must be an object' };
export const LIST: FieldRule = { allows: Array.isArray, message: 'must be a list' };

/** A whole number; what JSON cannot hold exactly, 1e400 among it, is none. */
export const wholeFrom = (least: number): FieldRule => ({
  allows: (value) => Number.isSafeInteger(value) && (value as number) >= least,
  message: `must be a whole number, at least ${least}`,
});

export const numberIn = (least: number, most: number): FieldRule => ({
  allows: (value) => typeof value === 'number' && value >= least && value <= most,
  message: `must be a number from ${least} to ${most}`,
});

/**
 * Checks the fields of a request, or of a part of it that stands at `within`. One that is null is one that was not given,
 * as in OpenAI's API; those without a rule are not looked at. Throws Refused('invalid_request') naming every wrong one
 * (contract 3).
 */
export function checkFields(body: Body, rules: FieldRules, within = ''): void {
  const fields: FieldError[] = [];
  for (const [path, { allows, message }] of Object.entries(rules)) {
    const value = valueAt(body, path);
    if (value !== undefined && value !== null && !allows(value)) fields.push({ path: within + path, message });
  }
  if (fields.length > 0) throw refusedFields(fields);
}

/** 400 that names fields. */
export function refusedFields(fields: readonly FieldError[]): Refused {
  const message = fields.map(({ path, message: rule }) => `${path} ${rule}`).join('; ');
  return new Refused('invalid_request', { message, fields: [...fields] });
}

/** Below what is no object there is nothing: that it is none is said of itself. */
function valueAt(body: Body, path: string): unknown {
  let value: unknown = body;
  for (const name of path.split('.')) value = isObject(value) ? value[name] : undefined;
  return value;
}

import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import { type FieldError, Refused } from '../kernel/errors.js';
import { printable } from '../kernel/printable.js';
import { isObject } from './frames.js';
import { type QuickCheck, quickCheck } from './quick-check.js';

export type ParamsClass<T extends object = object> = new () => T;

/** Wrong fields that one answer names: enough to repair a request, no echo of whatever was sent. */
const MOST_NAMED = 5;

/**
 * The parameters of a call as their class. Throws Refused('invalid_request') whose message names each wrong field:
 * `invalid connect params: at /client/id: must be a string`.
 */
export function parseParams<T extends object>(type: ParamsClass<T>, params: unknown, method: string): T {
  const plain = params ?? {};
  if (!isObject(plain)) throw wrongParams(method, [{ path: '/', message: 'must be an object' }]);

  const quick = checkOf(type)(plain);
  if (quick) return quick;

  const parsed = plainToInstance(type, plain);
  const errors = validateSync(parsed, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length > 0)
    throw wrongParams(
      method,
      errors.flatMap((error) => fieldErrors(error, '')),
    );
  return parsed;
}

const checks = new Map<ParamsClass, QuickCheck<object>>();

function checkOf<T extends object>(type: ParamsClass<T>): QuickCheck<T> {
  let check = checks.get(type);
  if (!check) checks.set(type, (check = quickCheck(type)));
  return check as QuickCheck<T>;
}

function wrongParams(method: string, fields: readonly FieldError[]): Refused {
  const named = fields.slice(0, MOST_NAMED);
  const places = named.map(({ path, message }) => `at ${path}: ${message}`).join('; ');
  return new Refused('invalid_request', { message: `invalid ${method} params: ${places}`, fields: named });
}

function fieldErrors({ property, value, constraints = {}, children }: ValidationError, parent: string): FieldError[] {
  const path = `${parent}/${printable(property.slice(0, 64))}`;
  const rule = brokenRule(constraints);
  const isMissing = value === undefined && rule !== undefined && KINDS.has(rule);
  const message = rule && (isMissing ? 'must be given' : sentence(rule, constraints[rule]!, property));
  return [...(message ? [{ path, message }] : []), ...(children ?? []).flatMap((child) => fieldErrors(child, path))];
}

/** Rules about what a value is. What it holds matters only to one that is that. */
const KINDS = new Set(['isString', 'isArray', 'isObject', 'isInt', 'isNumber', 'isBoolean']);

/** One rule is named of all that a field breaks; undefined for one that breaks none itself. */
function brokenRule(constraints: Readonly<Record<string, string>>): string | undefined {
  const rules = Object.keys(constraints);
  return rules.find((rule) => KINDS.has(rule)) ?? rules[0];
}

/** class-validator begins its sentences with the property, which the path has said already. */
function sentence(rule: string, message: string, property: string): string {
  if (rule === 'whitelistValidation') return 'unknown key';
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}

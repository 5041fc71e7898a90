import type { ValidationError } from 'class-validator';
import type { FieldError } from '../kernel/errors.js';
import { nearest, unknownKey } from './nearest.js';
import { fieldsOf, type SettingSpec } from './setting-list.js';
import { settingTraits, type SettingsClass } from './settings.js';
import { join, kindOf } from './tree.js';

/** A value of another type breaks every other rule as well; then only this one is worth saying. */
// prettier-ignore
const TYPE_RULES: Readonly<Record<string, readonly [rule: string, remedy: string]>> = {
  isInt:     ['must be a whole number',  'write it without quotes'],
  isNumber:  ['must be a number',        'write it without quotes'],
  isBoolean: ['must be true or false',   'write one of them without quotes'],
  isString:  ['must be text',            'put it into quotes'],
  isArray:   ['must be a list',          'write [ … ]'],
  isObject:  ['must be an object',       'write { … }'],
};

// prettier-ignore
const REMEDIES: Readonly<Record<string, string>> = {
  isIn:                'use one of these words',
  min:                 'choose a larger number',
  max:                 'choose a smaller number',
  minLength:           'choose a longer value',
  maxLength:           'choose a shorter value',
  isNotEmpty:          'give a value or remove the key',
  isIp:                'write an address such as 192.168.1.10',
  isUrl:               'write a whole address such as https://gateway.example.com',
};

/**
 * What class-validator found in one setting, as sentences that somebody can act on: `path: rule; remedy`. Of values
 * only numbers and words near an allowed one take part, and of a secret nothing at all.
 */
export function explain(
  error: ValidationError,
  spec: Pick<SettingSpec, 'path' | 'traits'>,
  origin: string | undefined,
): FieldError[] {
  const isWritten = origin === undefined || origin === 'file';
  return flatten(error, spec.path, spec.traits.secret === true).map((broken) => ({
    path: broken.path,
    message: (broken.unknown ?? sentence(broken, isWritten)) + (isWritten ? '' : ` (from ${origin})`),
  }));
}

interface Broken {
  readonly path: string;
  readonly rules: ReadonlyMap<string, string>;
  readonly value: unknown;
  readonly isSecret: boolean;
  /** Set for a key that the class does not have: what is said of it, and nothing of its value, for it may be a secret. */
  readonly unknown?: string;
}

function flatten(error: ValidationError, path: string, isBelowSecret: boolean): Broken[] {
  const { constraints = {}, children = [], property, value, target } = error;
  const traits = target && settingTraits(target.constructor as SettingsClass).get(property);
  const isSecret = isBelowSecret || traits?.secret === true || traits?.hidden === true;
  const rules = Object.entries(constraints).map(([name, text]): [string, string] => [name, bare(text, property)]);
  const unknown = 'whitelistValidation' in constraints ? unknownIn(target, property, path) : undefined;
  const own = rules.length === 0 ? [] : [{ path, rules: new Map(rules), value: value as unknown, isSecret, unknown }];
  return [...own, ...children.flatMap((child) => flatten(child, join(path, child.property), isSecret))];
}

function unknownIn(target: object | undefined, property: string, path: string): string {
  const known = target ? fieldsOf(target.constructor as SettingsClass) : [];
  return unknownKey(property, known, path.slice(0, -property.length - 1));
}

/** The rule without the property's name in front, which the path says already. */
function bare(text: string, property: string): string {
  return text.replace(`each value in ${property} `, 'each entry ').replace(new RegExp(`^${property} `), '');
}

function sentence({ rules, value, isSecret }: Broken, isWritten: boolean): string {
  const typeRule = Object.keys(TYPE_RULES).find((name) => rules.has(name) && !isEach(rules.get(name)!));
  if (typeRule !== undefined) return wrongType(typeRule, value, isWritten);

  const words = [...rules.values()].map((rule) => (isSecret ? withoutValue(rule, value) : rule));
  const remedies = [...rules.keys()].map((name) => REMEDIES[name]).filter((remedy) => remedy !== undefined);
  const meant = isSecret ? undefined : meantWord(rules.get('isIn'), value);
  const advice = meant === undefined ? remedies : [`did you mean "${meant}"?`];
  const shown = typeof value === 'number' && !isSecret ? `, and it is ${value}` : '';
  return words.join(' and ') + shown + advice.map((text) => `; ${text}`).join('');
}

/** Text is all that a variable or a flag can hold: there, what it is and how to write it goes without saying. */
function wrongType(name: string, value: unknown, isWritten: boolean): string {
  const [rule, remedy] = TYPE_RULES[name]!;
  if (!isWritten) return rule;
  const isFraction = name === 'isInt' && typeof value === 'number';
  return isFraction ? `${rule}; round it` : `${rule}, and it is ${kindOf(value)}; ${remedy}`;
}

function isEach(rule: string): boolean {
  return rule.startsWith('each entry ');
}

function meantWord(rule: string | undefined, value: unknown): string | undefined {
  if (rule === undefined || typeof value !== 'string') return undefined;
  const allowed = rule.replace(/^.*following values: /, '').split(', ');
  const near = nearest(value, allowed);
  return near?.isNear ? near.word : undefined;
}

/** A rule's own text may quote the value, or an entry of it. */
function withoutValue(rule: string, value: unknown): string {
  const texts = [value].flat(Infinity).filter((item) => typeof item === 'string' || typeof item === 'number');
  const quotes = texts.map(String).some((text) => text !== '' && rule.includes(text));
  return quotes ? 'is not acceptable' : rule;
}

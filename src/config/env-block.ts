import type { FieldError } from '../kernel/errors.js';
import { nearest } from './nearest.js';
import { isTree, join, kindOf } from './tree.js';

/** The login shell is given up after this long unless told otherwise, in milliseconds, as the family does. */
export const SHELL_TIMEOUT_MS = 15_000;
const MAX_SHELL_TIMEOUT_MS = 120_000;

/** What the `env` section of a config file says. */
export interface EnvBlock {
  /** `env.NAME` and `env.vars.NAME`, taken literally. */
  readonly variables: Readonly<Record<string, string>>;
  readonly shellEnabled?: boolean;
  readonly shellTimeoutMs?: number;
  readonly errors: readonly FieldError[];
}

const VARIABLE = /^[A-Z_][A-Z0-9_]*$/;

/** Reads the `env` section, which is no settings class because its keys are the names of variables. */
export function readEnvBlock(section: unknown): EnvBlock {
  if (section === undefined) return { variables: {}, errors: [] };
  if (!isTree(section)) return { variables: {}, errors: [mustBeObject('env', section)] };

  const { vars = {}, shellEnv = {}, ...direct } = section;
  const errors: FieldError[] = [];
  const variables = { ...variablesIn(vars, 'env.vars', errors), ...variablesIn(direct, 'env', errors) };
  for (const name of Object.keys(direct)) {
    if (!isTree(vars) || !Object.hasOwn(vars, name) || vars[name] === direct[name]) continue;
    errors.push({ path: join('env', name), message: `differs from env.vars.${name}; keep one of them` });
  }
  return { variables, ...shellIn(shellEnv, errors), errors };
}

function variablesIn(tree: unknown, path: string, errors: FieldError[]): Record<string, string> {
  if (!isTree(tree)) {
    errors.push(mustBeObject(path, tree));
    return {};
  }
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(tree)) {
    if (!VARIABLE.test(name)) errors.push({ path: join(path, name), message: badName(name, path) });
    else if (typeof value === 'string') variables[name] = value;
    else
      errors.push({ path: join(path, name), message: `must be text, and it is ${kindOf(value)}; put it into quotes` });
  }
  return variables;
}

function badName(name: string, path: string): string {
  const near = path === 'env' ? nearest(name, ['vars', 'shellEnv']) : undefined;
  return near?.isNear
    ? `unknown key; did you mean "env.${near.word}"?`
    : 'must be the name of a variable in capitals, such as OPENAI_API_KEY';
}

function shellIn(tree: unknown, errors: FieldError[]): Pick<EnvBlock, 'shellEnabled' | 'shellTimeoutMs'> {
  if (!isTree(tree)) {
    errors.push(mustBeObject('env.shellEnv', tree));
    return {};
  }
  const { enabled, timeoutMs, ...others } = tree;
  for (const key of Object.keys(others)) {
    const near = nearest(key, ['enabled', 'timeoutMs'])!;
    errors.push({ path: `env.shellEnv.${key}`, message: `unknown key; did you mean "env.shellEnv.${near.word}"?` });
  }
  if (enabled !== undefined && typeof enabled !== 'boolean') {
    errors.push({ path: 'env.shellEnv.enabled', message: `must be true or false, and it is ${kindOf(enabled)}` });
  }
  if (timeoutMs !== undefined && !isShellTimeout(timeoutMs)) {
    const message = `must be a whole number of milliseconds from 1 to ${MAX_SHELL_TIMEOUT_MS}, without quotes`;
    errors.push({ path: 'env.shellEnv.timeoutMs', message });
  }
  return {
    ...(typeof enabled === 'boolean' && { shellEnabled: enabled }),
    ...(isShellTimeout(timeoutMs) && { shellTimeoutMs: timeoutMs }),
  };
}

export function isShellTimeout(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_SHELL_TIMEOUT_MS;
}

function mustBeObject(path: string, value: unknown): FieldError {
  return { path, message: `must be an object, and it is ${kindOf(value)}; write { NAME: "value" }` };
}

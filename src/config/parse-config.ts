import type { FieldError } from '../kernel/errors.js';
import { ConfigError } from './config-error.js';
import { isTree, join, kindOf, type Tree } from './tree.js';

const MAX_DEPTH = 64;

/** Keys that would reach an object's prototype wherever somebody copies the tree. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The content of a config file as plain data: YAML by its extension, JSON5 otherwise. Throws ConfigError with the line
 * and column, never with the text: the line may hold a secret. Empty or truncated content is no configuration (S062).
 * The parsers are loaded when they are needed; the command line counts milliseconds.
 */
export async function parseConfig(text: string, path: string): Promise<Tree> {
  const isYaml = /\.ya?ml$/i.test(path);
  const content = isYaml ? await parseYaml(text, path) : await parseJson5(text, path);
  if (!isTree(content)) {
    const found = text.trim() === '' ? 'the file is empty' : `the content is ${kindOf(content)}`;
    throw broken(path, `must hold an object, and ${found}; write {} for an empty configuration, or remove the file`);
  }
  const errors = forbiddenKeys(content, '', 0);
  if (errors.length > 0) throw new ConfigError(errors, path);
  return content;
}

async function parseJson5(text: string, path: string): Promise<unknown> {
  const { default: JSON5 } = await import('json5');
  if (text.trim() === '') return undefined;
  try {
    return JSON5.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError) || !('lineNumber' in error) || !('columnNumber' in error)) throw error;
    const place = `line ${Number(error.lineNumber)}, column ${Number(error.columnNumber)}`;
    const what = /end of input/.test(error.message)
      ? 'the file ends too early'
      : 'a character that JSON5 does not expect';
    throw broken(path, `is not valid JSON5 at ${place}: ${what}; correct the file`);
  }
}

async function parseYaml(text: string, path: string): Promise<unknown> {
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) {
    const { line, col } = lines.linePos(problem.pos[0]);
    const what = problem.code.toLowerCase().replaceAll('_', ' ');
    throw broken(path, `is not valid YAML at line ${line}, column ${col}: ${what}; correct the file`);
  }
  try {
    return document.toJS() as unknown;
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw broken(path, 'is not valid YAML: an alias without its anchor; put a value that begins with * into quotes');
  }
}

function forbiddenKeys(value: unknown, path: string, depth: number): FieldError[] {
  if (typeof value !== 'object' || value === null) return [];
  if (depth > MAX_DEPTH) return [{ path, message: `is nested deeper than ${MAX_DEPTH} levels` }];
  return Object.entries(value).flatMap(([key, child]) => {
    const here = join(path, key);
    if (FORBIDDEN.has(key)) return [{ path: here, message: 'is not a possible key; remove it' }];
    return forbiddenKeys(child, here, depth + 1);
  });
}

function broken(path: string, message: string): ConfigError {
  return new ConfigError([{ path, message }]);
}

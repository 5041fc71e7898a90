import type { FieldError } from '../../kernel/errors.js';

/** What says how long an answer may become and how many there are, whatever endpoint knows the name. */
const BOUNDS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'n', 'best_of'] as const;

/**
 * What is wrong with the bounds that a request sets. By them budgets set aside what a call may come to: a provider that
 * reads `"100000"` as a number would answer at length where nothing of the kind was set aside.
 */
export function boundProblems(request: Readonly<Record<string, unknown>>): FieldError[] {
  return BOUNDS.filter((name) => !isBound(request[name])).map((path) => ({
    path,
    message: 'must be a number of at least 1, or null',
  }));
}

const isBound = (value: unknown): boolean =>
  value === undefined || value === null || (Number.isFinite(value) && (value as number) >= 1);

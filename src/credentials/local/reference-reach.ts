import type { Environment } from '../../config/environment.js';

/** How far a command of this machine comes with what stands in the place of a secret. */
export type Reach =
  | { readonly state: 'absent' }
  /** Without a value: a program keeps it, which only the gateway asks. */
  | { readonly state: 'there'; readonly value?: string }
  | { readonly state: 'lost'; readonly why: string };

interface Settings {
  readonly environment: Environment;
  get(path: string): unknown;
}

/** Looks where a secret is: itself, a variable, a file. Runs no program, and loads what follows references only for one. */
export async function referenceReach(value: unknown, settings: Settings): Promise<Reach> {
  if (value === undefined || value === null || value === '') return { state: 'absent' };
  if (typeof value === 'object' && (value as { source?: unknown }).source === 'exec') return { state: 'there' };
  if (typeof value === 'string' && !/^(\$|secretref)/.test(value)) return { state: 'there', value };
  const { secretAtHand } = await import('../../secrets/at-hand.js');
  const found = await secretAtHand(value, settings);
  if (found === undefined) return typeof value === 'string' ? { state: 'there', value } : { state: 'absent' };
  return 'value' in found ? { state: 'there', value: found.value } : { state: 'lost', why: found.unavailable };
}

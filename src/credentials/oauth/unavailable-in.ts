import { Unavailable } from '../../kernel/errors.js';

/** What our own HTTP threw: `openid-client` wraps it in errors of its own, which hold the answer and go no further. */
export function unavailableIn(error: unknown): Unavailable | undefined {
  for (let here = error; here instanceof Error; here = here.cause) if (here instanceof Unavailable) return here;
  return undefined;
}

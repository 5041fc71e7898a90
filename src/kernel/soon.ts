/** What is there at once as a rule, and now and then only later. */
export type Soon<T> = T | Promise<T>;

/** How work ends: with a fault, or else with a value. The first call counts. */
export type Answer<T> = (fault: unknown, value?: T) => void;

/**
 * Runs callback-style `work`. What it answers at once is returned, or thrown, at once; a promise is made only for what
 * comes later. On the path of every request a promise costs more than most answers do.
 */
export function soon<T>(work: (answer: Answer<T>) => void): Soon<T> {
  let early: { readonly fault: unknown; readonly value?: T } | undefined;
  let late: Answer<T> | undefined;
  work((fault, value) => {
    if (late) late(fault, value);
    else early ??= { fault, value };
  });
  if (early) {
    if (early.fault !== undefined && early.fault !== null) throw early.fault;
    return early.value as T;
  }
  return new Promise((resolve, reject) => {
    late = (fault, value) => (fault === undefined || fault === null ? resolve(value as T) : reject(fault as Error));
  });
}

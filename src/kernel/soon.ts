/** What is there at once as a rule, and now and then only later. */
export type Soon<T> = T | Promise<T>;

/**
 * What callback-style `work` answers: the value itself if the answer comes at once, a promise of it only if it comes
 * later. On the path of every request a promise costs more than most answers do. The first answer counts.
 */
export function soon<T>(work: (answer: (value: T) => void) => void): Soon<T> {
  let early: { readonly value: T } | undefined;
  let late: ((value: T) => void) | undefined;
  work((value) => {
    if (late) late(value);
    else early ??= { value };
  });
  return early ? early.value : new Promise((resolve) => (late = resolve));
}

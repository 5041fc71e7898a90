/** A `describe` for what needs a program of this machine. Where that is missing there is nothing to describe. */
export function given(present: boolean, what: string, tests: () => void): void {
  if (present) describe(what, tests);
}

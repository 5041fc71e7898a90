type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Whether to colour what goes to a stream. FORCE_COLOR speaks first, then NO_COLOR (no-color.org: any value but the
 * empty one), CLICOLOR=0 and TERM=dumb; otherwise a terminal is coloured and nothing else is.
 */
export function colourWanted(stream: { readonly isTTY?: boolean }, variables: Variables): boolean {
  const { FORCE_COLOR, NO_COLOR, CLICOLOR, TERM } = variables;
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  if (NO_COLOR || CLICOLOR === '0' || TERM === 'dumb') return false;
  return stream.isTTY === true;
}

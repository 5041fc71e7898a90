/** How a key was probably meant: the nearest of `known`, and whether it is near enough to ask "did you mean". */
export function nearest(
  word: string,
  known: readonly string[],
): { readonly word: string; readonly isNear: boolean } | undefined {
  const ranked = known
    .map((candidate) => ({ word: candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && { word: best.word, isNear: best.distance <= Math.max(1, Math.floor(best.word.length / 3)) };
}

/** What is said of a key that nobody knows, beside those that are known at `path`. */
export function unknownKey(key: string, known: readonly string[], path: string): string {
  const near = nearest(key, known);
  if (!near) return 'unknown key; remove it';
  const full = path === '' ? near.word : `${path}.${near.word}`;
  return near.isNear
    ? `unknown key; did you mean "${full}"?`
    : `unknown key; remove it (the nearest known key is "${full}")`;
}

/** Insertions, deletions, substitutions and swaps of neighbours that lead from `a` to `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let twoBack: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + (isSame ? 0 : 1),
        isSwap ? twoBack[column - 2]! + 1 : Infinity,
      );
    }
    twoBack = previous;
    previous = current;
  }
  return previous[b.length]!;
}

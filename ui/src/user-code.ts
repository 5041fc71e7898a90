const LENGTH = 8;

/** `wdjb mjht` → `WDJB-MJHT`, also while it is being typed: what is no letter is left out. */
export function tidyUserCode(typed: string): string {
  const letters = typed
    .toUpperCase()
    .replace(/[^A-Z]/g, '')
    .slice(0, LENGTH);
  return letters.length > LENGTH / 2 ? `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}` : letters;
}

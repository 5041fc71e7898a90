import { randomInt } from 'node:crypto';

/** Letters that nobody takes for another or for a digit. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';

/** `ABCD-1234`: shown on both sides, so that a person can see that they mean the same request. It opens nothing. */
export function newPairingCode(): string {
  const letters = Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `${letters}-${String(randomInt(10_000)).padStart(4, '0')}`;
}

import { isValidExpiry } from '../profile.js';
import { wrongInput } from './wrong-input.js';

const DAY = 86_400_000;

// prettier-ignore
const UNITS: Readonly<Record<string, number>> = {
  ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: DAY, w: 7 * DAY, y: 365 * DAY,
};

/** When `text` from `now` on is over, in ms since the epoch: `365d`, `12h`, `90` (days). Throws Refused for anything else. */
export function expiresAt(text: string, now: number): number {
  const [, number, unit = 'd'] = /^(\d+(?:\.\d+)?)\s*([a-z]+)?$/i.exec(text.trim()) ?? [];
  const ms = UNITS[unit.toLowerCase()];
  const at = ms === undefined ? NaN : Math.round(now + Number(number) * ms);
  if (at > now && isValidExpiry(at)) return at;
  throw wrongInput('expiresIn', 'how long it is good must be a number with a unit, such as 365d, 12h or 8w');
}

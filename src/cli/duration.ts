import { wrongUsage } from './cli-error.js';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** `90s`, `30m`, `12h`, `7d`, `2w` in seconds. A number without a unit is refused: nobody knows which was meant. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,6})([smhdw])$/.exec(text.trim());
  const seconds = match ? Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS] : 0;
  if (seconds <= 0)
    throw wrongUsage(`not a duration: ${text}`, 'Give a number with a unit, such as 90s, 30m, 12h or 7d.');
  return seconds;
}

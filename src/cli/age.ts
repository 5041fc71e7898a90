// prettier-ignore
const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'd'],
  [3600,   'h'],
  [60,     'min'],
  [1,      's'],
];

/** Milliseconds in the largest unit that fits, such as `3 h`; `-` for what is no number. */
export function age(ms: number): string {
  const [seconds, name] = UNITS.find(([unit]) => ms >= unit * 1000) ?? UNITS.at(-1)!;
  return Number.isFinite(ms) ? `${Math.max(0, Math.floor(ms / 1000 / seconds))} ${name}` : '-';
}

/** How long ago a moment was that the gateway told, such as `3 h`; empty for none. */
export function ago(moment: unknown, now: number): string {
  return typeof moment === 'string' ? age(now - Date.parse(moment)) : '';
}

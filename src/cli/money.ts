/** US dollars for people: cents as a rule, and as many places more as a small amount needs. `12.50`, `0.00009`. */
export function dollars(amount: unknown): string {
  if (typeof amount !== 'number') return '';
  const places = amount === 0 || amount >= 1 ? 2 : Math.min(9, 2 - Math.floor(Math.log10(amount)));
  const text = amount.toFixed(places);
  return text.replace(/(\.\d\d\d*?)0+$/, '$1');
}

/** A whole number for people: `1,234,567`. */
export const counted = (amount: unknown): string => (typeof amount === 'number' ? amount.toLocaleString('en-US') : '');

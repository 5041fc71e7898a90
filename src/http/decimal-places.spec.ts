import { validateSync } from 'class-validator';
import { HasDecimalPlaces } from './decimal-places.js';

class Priced {
  @HasDecimalPlaces(9)
  usd: unknown;
}

const accepts = (usd: unknown): boolean => validateSync(Object.assign(new Priced(), { usd })).length === 0;

describe('a number of at most nine decimal places', () => {
  it.each([0, 1, 0.1, 25.5, 1e-9, 1.5e-8, 999_999.123456789, 1e21])('is %d', (value) => {
    expect(accepts(value)).toBe(true);
  });

  it.each([1e-13, 1.5e-9, 0.1234567891, 1e-300, Number.NaN, Infinity, '1', null, [1]])('is not %p', (value) => {
    expect(accepts(value)).toBe(false);
  });
});

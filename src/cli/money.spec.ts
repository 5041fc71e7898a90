import { counted, dollars } from './money.js';

it.each([
  [0, '0.00'],
  [12.5, '12.50'],
  [1234.567, '1234.57'],
  [0.5, '0.50'],
  [0.00009, '0.00009'],
  [0.0000012345, '0.00000123'],
  [0.000000001, '0.000000001'],
  [null, ''],
])('%p dollars read %s', (amount, text) => {
  expect(dollars(amount)).toBe(text);
});

it('large numbers are told apart by their commas', () => {
  expect(counted(1_234_567)).toBe('1,234,567');
  expect(counted(undefined)).toBe('');
});

import { ValidateBy } from 'class-validator';

/**
 * A number with at most so many decimal places (up to 15), however it is written: `1.5e-9` has ten. The rule of
 * class-validator counts characters, and falls over an exponent.
 */
export const HasDecimalPlaces = (most: number): PropertyDecorator =>
  ValidateBy({
    name: 'hasDecimalPlaces',
    validator: {
      validate: (value) => Number.isFinite(value) && Number((value as number).toFixed(most)) === value,
      defaultMessage: () => `$property must be a number with at most ${most} decimal places`,
    },
  });

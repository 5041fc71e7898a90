import { ValidateBy } from 'class-validator';

/** A text of 1 to `most` characters that PostgreSQL can hold: it knows no NUL. */
export const IsPlainText = (most: number): PropertyDecorator =>
  ValidateBy({
    name: 'isPlainText',
    validator: {
      validate: (value) =>
        typeof value === 'string' && value.length >= 1 && value.length <= most && !value.includes('\0'),
      defaultMessage: () => `$property must be a text of 1 to ${most} characters, none of them NUL`,
    },
  });

import { isISO8601, ValidateBy } from 'class-validator';

/** A day, or a moment with its zone: what both PostgreSQL and people read in one way. */
const MOMENT = /^[1-9]\d{3}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-](0\d|1[0-5]):\d\d))?$/;
const END = Date.parse('9999-12-31T23:59:59.999Z');

const isMoment = (value: unknown): boolean =>
  typeof value === 'string' && MOMENT.test(value) && isISO8601(value, { strict: true }) && Date.parse(value) <= END;

/**
 * A text that `Date` and PostgreSQL take for the same moment: of the years 1000 to 9999, less than 16 hours from UTC,
 * which is as far as PostgreSQL goes.
 */
export const IsMoment = (): PropertyDecorator =>
  ValidateBy({
    name: 'isMoment',
    validator: {
      validate: isMoment,
      defaultMessage: () => '$property must be a moment such as 2026-11-21T08:00:00Z, or a day',
    },
  });

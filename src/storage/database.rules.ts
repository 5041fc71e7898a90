import { ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';

/** `postgres://user:password@host:port/name`, in a form that a URL parser takes. */
@ValidatorConstraint({ name: 'postgresUrl' })
export class PostgresUrl implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'string' && /^postgres(ql)?:\/\//.test(value) && URL.canParse(value);
  }

  defaultMessage(): string {
    return (
      'must be postgres://user:password@host:port/name; ' +
      'characters such as @ / # % in the password are written percent-encoded'
    );
  }
}

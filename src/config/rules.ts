import { ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';
import { isAddressOrRange } from '../kernel/net.js';

/** An IP address or a CIDR range, v4 or v6. */
@ValidatorConstraint({ name: 'addressOrRange' })
export class AddressOrRange implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'string' && isAddressOrRange(value);
  }

  defaultMessage(): string {
    return 'each entry must be an IP address such as 10.0.0.1 or a range such as 192.168.1.0/24';
  }
}

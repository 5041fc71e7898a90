import { ValidateBy } from 'class-validator';

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const MOST = 128;
const LONGEST = 32 * 1024;

/** An object of texts, under names that variables can have. */
export function VariableMap(): PropertyDecorator {
  const validate = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length <= MOST &&
    Object.entries(value).every(([name, text]) => NAME.test(name) && isVariableText(text));
  const defaultMessage = (): string => `must be an object of at most ${MOST} variables with text: { NAME: "value" }`;
  return ValidateBy({ name: 'variableMap', validator: { validate, defaultMessage } });
}

const isVariableText = (text: unknown): boolean =>
  typeof text === 'string' && text.length <= LONGEST && !text.includes('\0');

import { IsOptional } from 'class-validator';

/**
 * Fields that clients of the family send with a method and that mean nothing here, with spaces between them: taken
 * without a word, and not looked at. Any other unknown field stays an error.
 */
export function FamilyFields(names: string): ClassDecorator {
  return (type) => {
    const prototype = (type as unknown as { readonly prototype: object }).prototype;
    for (const name of names.trim().split(/\s+/)) IsOptional()(prototype, name);
  };
}

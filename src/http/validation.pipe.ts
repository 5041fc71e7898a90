import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { type FieldError, Refused } from '../kernel/errors.js';

/** Parses bodies and queries into their classes, once, at the edge. What is wrong is told field by field; unknown fields are wrong. */
export const parseRequests = (): ValidationPipe =>
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    exceptionFactory: (errors) => {
      const fields = errors.flatMap((error) => fieldErrors(error));
      return new Refused('invalid_request', {
        message: fields.map(({ path, message }) => `${path}: ${message}`).join('; '),
        fields,
      });
    },
  });

function fieldErrors(error: ValidationError, above = ''): FieldError[] {
  const path = above === '' ? error.property : `${above}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, path))];
}

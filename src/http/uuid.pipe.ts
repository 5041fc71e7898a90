import { ParseUUIDPipe } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';

/** A path parameter that is an id: `@Param('id', uuid('id'))`. */
export const uuid = (path: string): ParseUUIDPipe =>
  new ParseUUIDPipe({
    exceptionFactory: () =>
      new Refused('invalid_request', {
        message: `${path}: must be a UUID`,
        fields: [{ path, message: 'must be a UUID' }],
      }),
  });

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ERRORS } from '../kernel/errors.js';

class FieldErrorView {
  @ApiProperty({ example: 'expiresIn' })
  path: string;

  @ApiProperty()
  message: string;
}

class ErrorDetailView {
  @ApiProperty({ description: 'For people; it may change.' })
  message: string;

  @ApiProperty({ enum: [...new Set(Object.values(ERRORS).map(([, type]) => type))] })
  type: string;

  @ApiProperty({ enum: Object.keys(ERRORS), description: 'For programs; it stays.' })
  code: string;

  @ApiProperty({ format: 'uuid', description: 'What to ask `doorward auth explain` about.' })
  requestId: string;

  @ApiPropertyOptional({ type: [FieldErrorView], description: 'Each wrong field of the request.' })
  fields?: FieldErrorView[];
}

/** What every error looks like. */
export class ErrorView {
  @ApiProperty({ type: ErrorDetailView })
  error: ErrorDetailView;
}

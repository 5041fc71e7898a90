import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID, Length, Matches } from 'class-validator';
import type { AuditPlace } from '../audit/audit-reader.js';
import { IsMoment } from './moment.js';
import { PageLimit } from './page.js';
import { IsPlainText } from './plain-text.js';

/** Whose audit: one's own, or for the house any other; the house that names none means all. */
export class AuditTenantQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'One tenant: for the house, which otherwise sees all.' })
  @IsOptional()
  @IsUUID()
  tenant?: string;
}

/** Which rows of the audit, and in which form. */
export class AuditQuery extends AuditTenantQuery {
  @ApiPropertyOptional({ example: 'device.*', description: 'What was done; with `*` at the end, all that begins so.' })
  @IsOptional()
  @Length(1, 100)
  @Matches(/^[a-z][a-z_.-]*\*?$/, { message: 'action must be a name such as device.approved, or device.*' })
  action?: string;

  @ApiPropertyOptional({ example: 'token:token', description: 'Who did it, as the rows name them.' })
  @IsOptional()
  @IsPlainText(300)
  actor?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'The first moment.' })
  @IsOptional()
  @IsMoment()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'The moment before which it was.' })
  @IsOptional()
  @IsMoment()
  to?: string;

  @PageLimit()
  limit = 50;

  @ApiPropertyOptional({ description: 'The `nextCursor` of the page before.' })
  @IsOptional()
  @Matches(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[1-9]\d{0,14}$/, {
    message: 'cursor must be the nextCursor of a page of this list',
  })
  cursor?: string;

  @ApiPropertyOptional({
    enum: ['json', 'ndjson'],
    default: 'json',
    description: '`ndjson`: all that fit, a row in each line, in the order of the chain; without `limit` and `cursor`.',
  })
  @IsIn(['json', 'ndjson'])
  format: 'json' | 'ndjson' = 'json';
}

/** `<tenantId>.<seq>`: the row after which the next page begins. */
export const cursorOf = ({ tenantId, seq }: AuditPlace): string => `${tenantId}.${seq}`;

export function placeOf(cursor: string): AuditPlace {
  const [tenantId, seq] = cursor.split('.') as [string, string];
  return { tenantId, seq: Number(seq) };
}

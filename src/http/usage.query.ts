import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { USAGE_DIMENSIONS, type UsageDimension } from '../chat/accounting/usage.service.js';
import { IsMoment } from './moment.js';
import { IsPlainText } from './plain-text.js';
import { wrong } from './token.bodies.js';

const UUID_OR_ALL = /^(all|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

const Name =
  (description: string): PropertyDecorator =>
  (target, property) => {
    ApiPropertyOptional({ description })(target, property);
    IsOptional()(target, property as string);
    IsPlainText(320)(target, property);
  };

const Time =
  (description: string): PropertyDecorator =>
  (target, property) => {
    ApiPropertyOptional({ type: String, format: 'date-time', description })(target, property);
    IsOptional()(target, property as string);
    IsMoment()(target, property);
  };

/** Which use is asked for, and by what it is told apart. */
export class UsageQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit = 100;

  @ApiPropertyOptional({ description: 'The `nextCursor` of the page before, with the same `groupBy`.' })
  @IsOptional()
  @IsString()
  @Length(1, 8192)
  cursor?: string;

  @ApiPropertyOptional({ description: 'For the house: another tenant than your own, by its id, or `all`.' })
  @IsOptional()
  @Matches(UUID_OR_ALL, { message: 'tenant must be the id of a tenant, or "all"' })
  tenant?: string;

  @Time('Default: 30 days before `to`. Use is kept by the hour.')
  from?: string;

  @Time('Exclusive; now unless told.')
  to?: string;

  @Name('An e-mail address, the id of a user, or what `groupBy=user` shows.')
  user?: string;

  @Name('The id of a device.')
  device?: string;

  @Name('The id of an agent.')
  agent?: string;

  @Name('A session key.')
  session?: string;

  @Name('The id of a provider.')
  provider?: string;

  @Name('`provider/model`, or the model as its provider names it.')
  model?: string;

  @ApiPropertyOptional({
    type: String,
    example: 'day,model',
    default: 'model',
    description: `Some of ${USAGE_DIMENSIONS.join(', ')}, separated by commas; empty for one sum.`,
  })
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.split(',').flatMap((word) => word.trim() || []) : value,
  )
  @IsArray()
  @ArrayMaxSize(USAGE_DIMENSIONS.length)
  @ArrayUnique()
  @IsIn(USAGE_DIMENSIONS, { each: true })
  groupBy: UsageDimension[] = ['model'];
}

/** The values of the last line that was seen, as the cursor of a page holds them. */
export const cursorOf = (values: readonly string[]): string =>
  Buffer.from(JSON.stringify(values)).toString('base64url');

/** Throws Refused for what is no cursor of such a list. */
export function readCursor({ cursor, groupBy }: UsageQuery): readonly string[] | undefined {
  if (cursor === undefined) return undefined;
  const values = parsed(cursor);
  const isOurs =
    Array.isArray(values) &&
    values.length === groupBy.length &&
    values.every((value) => typeof value === 'string' && !value.includes('\0'));
  if (!isOurs) throw wrong('cursor', 'must be the nextCursor of the page before, with the same groupBy');
  return values as string[];
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
  } catch {
    return undefined; // told by the caller, in the words of the field
  }
}

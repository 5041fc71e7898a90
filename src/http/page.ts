import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';

/** How many of a list are wanted at once: the same bound for all of them. The property says the default, 50. */
export const PageLimit = (): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: 50 }),
    Type(() => Number),
    IsInt(),
    Min(1),
    Max(200),
  );

/** Which part of a list is wanted: `?limit=&cursor=`. */
export class PageQuery {
  @PageLimit()
  limit = 50;

  @ApiPropertyOptional({ description: 'The `nextCursor` of the page before.', format: 'uuid' })
  @IsOptional()
  @IsUUID()
  cursor?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page begins; null on the last one. */
  readonly nextCursor: string | null;
}

/** A page out of `rows`, of which one more than `limit` was asked for to see whether there is a next one. */
export function pageOf<T extends { readonly id: string }>(rows: readonly T[], limit: number): Page<T> {
  const items = rows.slice(0, limit);
  return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
}

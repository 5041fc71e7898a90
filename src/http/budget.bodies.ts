import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { billionths } from '../chat/accounting/amount.js';
import type { Limits } from '../chat/accounting/budget.js';
import { HasDecimalPlaces } from './decimal-places.js';
import { PageQuery } from './page.js';
import { wrong } from './token.bodies.js';

/** More than anybody means, and still counted exactly. */
const MOST_USD = 1_000_000;
const MOST_TOKENS = 1_000_000_000_000;

const UUID_OR_ALL = /^(all|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** One tenant's, or for the house every one's. */
export class BudgetsQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'For the house: another tenant than your own, by its id, or `all`.' })
  @IsOptional()
  @Matches(UUID_OR_ALL, { message: 'tenant must be the id of a tenant, or "all"' })
  tenant?: string;
}

/** How large a budget is. What is not named is not bounded; one of the two has to be. */
export class BudgetBody {
  @ApiPropertyOptional({ type: Number, nullable: true, example: 25, minimum: 0, maximum: MOST_USD })
  @IsOptional()
  @HasDecimalPlaces(9)
  @Min(0)
  @Max(MOST_USD)
  usd?: number | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 2_000_000, minimum: 0, maximum: MOST_TOKENS })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MOST_TOKENS)
  tokens?: number | null;
}

/** Throws Refused where neither measure is named. */
export function limitsOf({ usd = null, tokens = null }: BudgetBody): Limits {
  if (usd === null && tokens === null) throw wrong('usd', 'name a limit: usd, tokens, or both');
  return { cost: usd === null ? null : billionths(usd), tokens };
}

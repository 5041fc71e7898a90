import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { dollars } from '../chat/accounting/amount.js';
import type { UsageDimension, UsageRecord } from '../chat/accounting/usage.service.js';

/** What was used by all that has the values in common that `groupBy` named: each is a field beside the sums. */
export class UsageView implements Partial<Record<UsageDimension, string>> {
  @ApiPropertyOptional({ example: '2026-11-21T09:00:00Z' })
  hour?: string;

  @ApiPropertyOptional({ example: '2026-11-21' })
  day?: string;

  @ApiPropertyOptional({ example: '2026-11' })
  month?: string;

  @ApiPropertyOptional()
  tenant?: string;

  @ApiPropertyOptional({ description: 'The id of a user, or another name of a caller; empty: nobody in particular.' })
  user?: string;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'The address of the user, where there is one.' })
  email?: string | null;

  @ApiPropertyOptional()
  device?: string;

  @ApiPropertyOptional()
  agent?: string;

  @ApiPropertyOptional()
  session?: string;

  @ApiPropertyOptional()
  provider?: string;

  @ApiPropertyOptional({ example: 'anthropic/claude-sonnet-4-5' })
  model?: string;

  @ApiProperty({ type: 'integer' })
  calls: number;

  @ApiProperty({ type: 'integer', description: 'Calls of models of which the configuration says no price.' })
  unpricedCalls: number;

  @ApiProperty({ type: 'integer' })
  inputTokens: number;

  @ApiProperty({ type: 'integer', description: 'Part of inputTokens.' })
  cachedInputTokens: number;

  @ApiProperty({ type: 'integer' })
  outputTokens: number;

  @ApiProperty({ description: 'US dollars.' })
  costUsd: number;

  static of({ values, email, ...sums }: UsageRecord, groupBy: readonly UsageDimension[]): UsageView {
    return {
      ...Object.fromEntries(groupBy.map((dimension, n) => [dimension, values[n]!])),
      ...(groupBy.includes('user') && { email }),
      calls: sums.calls,
      unpricedCalls: sums.unpriced,
      inputTokens: sums.input,
      cachedInputTokens: sums.cached,
      outputTokens: sums.output,
      costUsd: dollars(sums.cost),
    };
  }
}

/** One page, and the time that it is about. */
export class UsagePageView {
  @ApiProperty()
  from: Date;

  @ApiProperty()
  to: Date;

  @ApiProperty({ type: [UsageView] })
  items: readonly UsageView[];

  @ApiProperty({ type: String, nullable: true })
  nextCursor: string | null;
}

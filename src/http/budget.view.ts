import { ApiProperty } from '@nestjs/swagger';
import { dollars } from '../chat/accounting/amount.js';
import { BUDGET_PERIODS, BUDGET_SCOPES, budgetKey } from '../chat/accounting/budget.js';
import type { BudgetRecord } from '../chat/accounting/budgets.service.js';
import type { Page } from './page.js';

class AmountView {
  @ApiProperty({ type: Number, nullable: true, description: 'US dollars.' })
  usd: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  tokens: number | null;
}

/** A budget, and how much of it is left. */
export class BudgetView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ example: 'user:ana@example.com:day', description: 'Names the budget within its tenant.' })
  key: string;

  @ApiProperty({ format: 'uuid' })
  tenantId: string;

  @ApiProperty({ enum: BUDGET_SCOPES })
  scope: string;

  @ApiProperty({ description: 'The id of the tenant, of the user, or of the agent.' })
  subject: string;

  @ApiProperty({ example: 'ana@example.com' })
  name: string;

  @ApiProperty({ enum: BUDGET_PERIODS, description: 'Days and months of UTC.' })
  period: string;

  @ApiProperty({ type: AmountView, description: 'Null: not bounded.' })
  limit: AmountView;

  @ApiProperty({ type: AmountView })
  spent: AmountView;

  @ApiProperty({ type: AmountView, description: 'Held for calls that run, or will in the next moment.' })
  reserved: AmountView;

  @ApiProperty({ type: AmountView, description: 'Limit without what is spent and reserved; null: not bounded.' })
  remaining: AmountView;

  @ApiProperty({ type: Date, nullable: true })
  startedAt: Date | null;

  @ApiProperty({ type: Date, nullable: true, description: 'When it begins anew; null for one that never does.' })
  endsAt: Date | null;

  @ApiProperty()
  createdAt: Date;

  @ApiProperty()
  updatedAt: Date;

  static of(record: BudgetRecord): BudgetView {
    const { id, tenantId, scope, subject, name, period, startedAt, endsAt, createdAt, updatedAt } = record;
    const { limitCost, limitTokens, spentCost, spentTokens, reservedCost, reservedTokens } = record;
    return {
      id,
      key: budgetKey(record),
      tenantId,
      scope,
      subject,
      name,
      period,
      limit: amount(limitCost, limitTokens),
      spent: amount(spentCost, spentTokens),
      reserved: amount(reservedCost, reservedTokens),
      remaining: amount(left(limitCost, spentCost, reservedCost), left(limitTokens, spentTokens, reservedTokens)),
      startedAt,
      endsAt,
      createdAt,
      updatedAt,
    };
  }
}

const amount = (cost: number | null, tokens: number | null): AmountView => ({
  usd: cost === null ? null : dollars(cost),
  tokens,
});

const left = (limit: number | null, spent: number, reserved: number): number | null =>
  limit === null ? null : Math.max(0, limit - spent - reserved);

export class BudgetPageView implements Page<BudgetView> {
  @ApiProperty({ type: [BudgetView] })
  items: readonly BudgetView[];

  @ApiProperty({ type: String, nullable: true })
  nextCursor: string | null;
}

import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

export const BUDGET_SCOPES = ['tenant', 'user', 'agent'] as const;
export type BudgetScope = (typeof BUDGET_SCOPES)[number];

export const BUDGET_PERIODS = ['day', 'month', 'total'] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

/** How much of models may be used within a period. Amounts in billionths of a US dollar, and in tokens. */
@Entity({ name: 'budgets' })
export class Budget {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column({ name: 'scope', type: 'text' })
  scope: BudgetScope;

  /** The id of the tenant, the key of the user, or the id of the agent. */
  @Column({ name: 'subject', type: 'text' })
  subject: string;

  @Column({ name: 'period', type: 'text' })
  period: BudgetPeriod;

  @Column({ name: 'limit_cost', type: 'bigint', nullable: true })
  limitCost: number | null;

  @Column({ name: 'limit_tokens', type: 'bigint', nullable: true })
  limitTokens: number | null;

  /** When the period began in which `spent…` was used. */
  @Column({ name: 'window_start', type: 'timestamptz' })
  windowStart: Date;

  @Column({ name: 'spent_cost', type: 'bigint', default: 0 })
  spentCost: number;

  @Column({ name: 'spent_tokens', type: 'bigint', default: 0 })
  spentTokens: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}

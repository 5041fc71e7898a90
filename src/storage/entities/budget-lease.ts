import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a replica holds of a budget: nobody else can have it. */
@Entity({ name: 'budget_leases' })
export class BudgetLease {
  @PrimaryColumn({ name: 'budget_id', type: 'uuid' })
  budgetId: string;

  /** A gateway, from one start to its end. */
  @PrimaryColumn({ name: 'holder', type: 'uuid' })
  holder: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column({ name: 'window_start', type: 'timestamptz' })
  windowStart: Date;

  /** How often the holder has had a turn at the budget. */
  @Column({ name: 'turn', type: 'bigint' })
  turn: number;

  /** Whether that gave it what it needed. */
  @Column({ name: 'granted', type: 'boolean' })
  granted: boolean;

  @Column({ name: 'cost', type: 'bigint' })
  cost: number;

  @Column({ name: 'tokens', type: 'bigint' })
  tokens: number;

  /** The holder lives no longer: what it held counts as used. */
  @Column({ name: 'charged', type: 'boolean', default: false })
  charged: boolean;
}

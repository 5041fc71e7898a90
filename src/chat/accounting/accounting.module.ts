import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Database } from '../../storage/database.js';
import { StorageModule } from '../../storage/storage.module.js';
import { METER, NO_METER } from '../meter.js';
import { AccountingGauges } from './accounting-gauges.js';
import { BudgetMeter } from './budget-meter.js';
import { BudgetRefusals } from './budget-refusals.js';
import { BudgetTurns } from './budget-turns.js';
import { BudgetsService } from './budgets.service.js';
import { LedgerFlush } from './ledger-flush.js';
import { Ledger } from './ledger.js';
import { StandingBudgets } from './standing-budgets.js';
import { UsageRetention } from './usage-retention.js';
import { UsageRows } from './usage-rows.js';
import { UsageService } from './usage.service.js';

/** What models cost: the books, and the budgets that calls are held against. */
@Module({
  imports: [StorageModule, AuditModule],
  providers: [
    { provide: Ledger, useFactory: (clock: Clock) => new Ledger(clock), inject: [CLOCK] },
    BudgetRefusals,
    AccountingGauges,
    BudgetMeter,
    {
      provide: METER,
      // Without a database there are no budgets, and nowhere to keep the books.
      useFactory: (database: Database, meter: BudgetMeter) => (database.mode === 'none' ? NO_METER : meter),
      inject: [Database, BudgetMeter],
    },
    UsageRows,
    UsageRetention,
    LedgerFlush,
    BudgetTurns,
    StandingBudgets,
    BudgetsService,
    UsageService,
  ],
  exports: [METER, LedgerFlush, BudgetsService, UsageService],
})
export class AccountingModule {}

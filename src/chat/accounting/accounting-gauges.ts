import { Inject, Injectable } from '@nestjs/common';
import { METRICS, type Metrics } from '../../kernel/metrics.js';
import { dollars } from './amount.js';
import { Ledger } from './ledger.js';
import { StandingBudgets } from './standing-budgets.js';

/** What accounting has in memory, for the metrics. */
@Injectable()
export class AccountingGauges {
  constructor(ledger: Ledger, budgets: StandingBudgets, @Inject(METRICS) metrics: Metrics) {
    metrics.gauge(
      { name: 'doorward_usage_waiting_lines', help: 'Lines of usage that are not written to the database yet' },
      () => [{ value: ledger.size }],
    );
    metrics.gauge(
      {
        name: 'doorward_budget_reserved',
        help: 'What this gateway holds of budgets, for calls that run and for those of the next moment',
        labels: ['unit'],
      },
      () => {
        const { cost, tokens } = budgets.reserved;
        return [
          { labels: ['usd'], value: dollars(cost) },
          { labels: ['tokens'], value: tokens },
        ];
      },
    );
  }
}

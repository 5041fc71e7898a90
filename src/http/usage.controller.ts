import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { unknownTenant, workingIn } from '../accounts/people/acting.js';
import { Caller, Needs } from '../auth/decorators.js';
import { userKey } from '../chat/accounting/user-key.js';
import { type UsageFilter, UsageService } from '../chat/accounting/usage.service.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { covers } from '../kernel/scopes.js';
import { wrong } from './token.bodies.js';
import { cursorOf, readCursor, UsageQuery } from './usage.query.js';
import { UsagePageView, UsageView } from './usage.view.js';

const DEFAULT_MS = 30 * 24 * 3_600_000;

/** What models were used for: a tenant's use for its administrators, everybody's own for themselves. */
@ApiTags('budgets')
@Controller('api/v1/usage')
export class UsageController {
  constructor(
    private readonly usage: UsageService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Needs('operator.read')
  @ApiOperation({
    summary: 'Tokens and cost, summed up by what you name; without operator.admin only what you used yourself',
  })
  @ApiOkResponse({ type: UsagePageView })
  async read(@Query() query: UsageQuery, @Caller() caller: Identity): Promise<UsagePageView> {
    const { limit, groupBy } = query;
    const to = new Date(query.to ?? this.clock.now());
    const from = new Date(query.from ?? to.getTime() - DEFAULT_MS);
    if (from >= to) throw wrong('from', 'must be before "to"');
    const rows = await this.usage.read({ ...filterOf(query, caller), from, to }, groupBy, limit + 1, readCursor(query));
    const items = rows.slice(0, limit);
    return {
      from,
      to,
      items: items.map((row) => UsageView.of(row, groupBy)),
      nextCursor: rows.length > limit ? cursorOf(items.at(-1)!.values) : null,
    };
  }
}

function filterOf(query: UsageQuery, caller: Identity): Omit<UsageFilter, 'from' | 'to'> {
  const { tenant, user, device, agent, session, provider, model } = query;
  const names = { user, device, agent, session, provider, model };
  if (!covers(caller.scopes, 'operator.admin')) {
    if (tenant !== undefined && tenant !== caller.tenantId) throw unknownTenant();
    const own = { user: userKey(caller), device: caller.deviceId ?? '' };
    return { ...names, tenantId: caller.tenantId, own };
  }
  const isEverybody = tenant === 'all' && caller.tenantId === HOUSE_TENANT;
  return { ...names, tenantId: isEverybody ? undefined : workingIn(caller, tenant) };
}

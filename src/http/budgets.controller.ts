import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { workingIn } from '../accounts/people/acting.js';
import { Caller, Needs } from '../auth/decorators.js';
import { parseBudgetKey } from '../chat/accounting/budget.js';
import { type BudgetActing, type BudgetName, BudgetsService } from '../chat/accounting/budgets.service.js';
import { Refused } from '../kernel/errors.js';
import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { BudgetBody, BudgetsQuery, limitsOf } from './budget.bodies.js';
import { BudgetPageView, BudgetView } from './budget.view.js';
import { pageOf } from './page.js';
import { InTenantQuery } from './people.bodies.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const NAME = {
  name: 'budget',
  description:
    '`<scope>:<name>:<period>`, such as `user:ana@example.com:day`; for the tenant itself `tenant:self:month`. Or its id.',
};

/** How much of models tenants, people and agents may use. The house may look after another tenant by naming it. */
@ApiTags('budgets')
@Controller('api/v1/budgets')
export class BudgetsController {
  constructor(private readonly budgets: BudgetsService) {}

  @Get()
  @Needs('operator.admin')
  @ApiOperation({ summary: 'The budgets of your tenant, newest first, and how much of each is left' })
  @ApiOkResponse({ type: BudgetPageView })
  async list(@Query() { limit, cursor, tenant }: BudgetsQuery, @Caller() caller: Identity): Promise<BudgetPageView> {
    const where = tenant === 'all' && caller.tenantId === HOUSE_TENANT ? 'all' : workingIn(caller, tenant);
    const page = pageOf(await this.budgets.list(where, limit + 1, cursor), limit);
    return { ...page, items: page.items.map(BudgetView.of) };
  }

  @Get(':budget')
  @Needs('operator.admin')
  @ApiParam(NAME)
  @ApiOperation({ summary: 'One budget' })
  @ApiOkResponse({ type: BudgetView })
  async get(
    @Param('budget') budget: string,
    @Query() { tenant }: InTenantQuery,
    @Caller() caller: Identity,
  ): Promise<BudgetView> {
    const tenantId = workingIn(caller, tenant);
    return BudgetView.of(await this.budgets.get(await this.idOf(budget, tenantId), tenantId));
  }

  @Put(':budget')
  @Needs('operator.admin')
  @ApiParam(NAME)
  @ApiOperation({
    summary: 'Set a budget: make it, or change how large it is; what was used in its period before counts',
  })
  @ApiOkResponse({ type: BudgetView })
  async set(
    @Param('budget') budget: string,
    @Body() body: BudgetBody,
    @Query() where: InTenantQuery,
    @Caller() caller: Identity,
    @Req() request: FastifyRequest,
  ): Promise<BudgetView> {
    const acting = actingOf(caller, where, request);
    const limits = limitsOf(body);
    if (UUID.test(budget)) return BudgetView.of(await this.budgets.change(budget, limits, acting));
    return BudgetView.of(await this.budgets.set(nameOf(budget, acting.tenantId), limits, acting));
  }

  @Delete(':budget')
  @Needs('operator.admin')
  @ApiParam(NAME)
  @HttpCode(204)
  @ApiOperation({ summary: 'Take a budget away: it bounds nobody any more' })
  async remove(
    @Param('budget') budget: string,
    @Query() where: InTenantQuery,
    @Caller() caller: Identity,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const acting = actingOf(caller, where, request);
    await this.budgets.remove(await this.idOf(budget, acting.tenantId), acting);
  }

  private async idOf(budget: string, tenantId: string): Promise<string> {
    return UUID.test(budget) ? budget : this.budgets.find(nameOf(budget, tenantId), tenantId);
  }
}

function actingOf(caller: Identity, { tenant }: InTenantQuery, { id: requestId }: FastifyRequest): BudgetActing {
  return { caller, tenantId: workingIn(caller, tenant), requestId };
}

/** Throws Refused for a text that names no budget. A tenant has no other tenant's. */
function nameOf(text: string, tenantId: string): BudgetName {
  const name = parseBudgetKey(text);
  if (!name) {
    const message = 'must be <tenant|user|agent>:<name>:<day|month|total>, or the id of a budget';
    throw new Refused('invalid_request', { message: `budget: ${message}`, fields: [{ path: 'budget', message }] });
  }
  if (name.scope !== 'tenant') return name;
  if (name.name !== 'self' && name.name !== tenantId) throw new Refused('not_found', { message: 'no such budget' });
  return { ...name, name: tenantId };
}

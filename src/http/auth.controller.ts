import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { AuthStrategy } from '../auth/auth-strategy.js';
import { chainOf } from '../auth/chain.js';
import { Caller, Needs, NeedsDirectly } from '../auth/decorators.js';
import { DecisionTrace } from '../auth/decision-trace.js';
import { AUTH_STRATEGIES } from '../auth/strategies/index.js';
import { CallTraces } from '../chat/call-traces.js';
import { ConfigService } from '../config/config.service.js';
import { Refused } from '../kernel/errors.js';
import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { DecisionView, IdentityView } from './views.js';

/** Who one is, which ways in there are, and why somebody was refused. */
@ApiTags('authentication')
@Controller('api/v1')
export class AuthController {
  constructor(
    @Inject(AUTH_STRATEGIES) private readonly strategies: readonly AuthStrategy[],
    private readonly config: ConfigService,
    private readonly traces: DecisionTrace,
    private readonly calls: CallTraces,
  ) {}

  @Get('whoami')
  @NeedsDirectly('operator.read')
  @ApiOperation({ summary: 'Who the gateway takes you for, and what you may do' })
  @ApiOkResponse({ type: IdentityView })
  whoami(caller: Identity): string {
    return IdentityView.textOf(caller);
  }

  @Get('auth/chain')
  @Needs('operator.read')
  @ApiOperation({ summary: 'The active methods, in the order in which they are asked' })
  chain(): { methods: readonly string[] } {
    return { methods: chainOf(this.strategies, this.config.current) };
  }

  @Get('auth/decisions/:requestId')
  @Needs('operator.admin')
  @ApiOperation({ summary: 'How a recent request was judged, method by method' })
  @ApiOkResponse({ type: DecisionView })
  decision(@Param('requestId') requestId: string, @Caller() caller: Identity): DecisionView {
    const decision = this.traces.find(requestId);
    const mine = caller.tenantId === HOUSE_TENANT || decision?.identity?.tenantId === caller.tenantId;
    if (!decision || !mine) throw new Refused('not_found', { message: `no decision ${requestId} is remembered` });
    // Whose credentials they are is the house's own business.
    const tried = caller.tenantId === HOUSE_TENANT ? this.calls.find(requestId) : undefined;
    return DecisionView.of(decision, tried);
  }
}

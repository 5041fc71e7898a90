import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { AuthStrategy } from '../auth/auth-strategy.js';
import { chainOf } from '../auth/chain.js';
import { NeedsHouse } from '../auth/decorators.js';
import { AUTH_STRATEGIES } from '../auth/strategies/index.js';
import { ConfigService } from '../config/config.service.js';
import { Readiness } from '../kernel/readiness.js';
import { VERSION } from '../kernel/version.js';
import { StatusView } from './status.view.js';

/** How the gateway is doing, for its own people. */
@ApiTags('operating')
@Controller('api/v1/status')
export class StatusController {
  constructor(
    @Inject(AUTH_STRATEGIES) private readonly strategies: readonly AuthStrategy[],
    private readonly config: ConfigService,
    private readonly readiness: Readiness,
  ) {}

  @Get()
  @NeedsHouse('operator.read')
  @ApiOperation({ summary: 'Version, readiness, database and active methods of this gateway' })
  @ApiOkResponse({ type: StatusView })
  status(): StatusView {
    const failing = this.readiness.failing();
    return {
      version: VERSION,
      uptimeMs: Math.round(process.uptime() * 1000),
      ready: failing.length === 0,
      failing,
      database: this.readiness.database,
      methods: chainOf(this.strategies, this.config.current),
      configVersion: this.config.current.version,
    };
  }
}

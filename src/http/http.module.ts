import { Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AuthModule } from '../auth/auth.module.js';
import { AuthController } from './auth.controller.js';
import { Door } from './door.js';
import { ErrorFilter } from './error.filter.js';
import { HealthController } from './health.controller.js';
import { RateLimitsController } from './rate-limits.controller.js';
import { RouteTable } from './route-table.js';
import { StatusController } from './status.controller.js';
import { TokensController } from './tokens.controller.js';
import { parseRequests } from './validation.pipe.js';

/** REST: parse, call, shape; no rules. */
@Module({
  imports: [AuthModule],
  controllers: [HealthController, StatusController, AuthController, TokensController, RateLimitsController],
  providers: [
    Door,
    RouteTable,
    { provide: APP_FILTER, useClass: ErrorFilter },
    { provide: APP_PIPE, useFactory: parseRequests },
  ],
  exports: [Door, RouteTable],
})
export class HttpModule {}

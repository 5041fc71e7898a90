import { Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AuthModule } from '../auth/auth.module.js';
import { ChatModule } from '../chat/chat.module.js';
import { PairingModule } from '../pairing/pairing.module.js';
import { AccountDoor } from './account-door.js';
import { AnswerCounts } from './answer-counts.js';
import { AuditController } from './audit.controller.js';
import { AuthController } from './auth.controller.js';
import { ConfigController } from './config.controller.js';
import { DevicesController } from './devices.controller.js';
import { DevicesNow } from './devices-now.js';
import { Door } from './door.js';
import { ErrorFilter } from './error.filter.js';
import { HealthController } from './health.controller.js';
import { Idempotency } from './idempotency.js';
import { InvitesController } from './invites.controller.js';
import { MetricsController } from './metrics.controller.js';
import { ModelCredentialsModule } from './model-credentials.module.js';
import { OAuthModule } from './oauth.module.js';
import { OidcModule } from './oidc.module.js';
import { OpenAiModule } from './openai/openai.module.js';
import { OwnAddress } from './own-address.js';
import { PeopleModule } from './people.module.js';
import { PendingController } from './pending.controller.js';
import { RateLimitsController } from './rate-limits.controller.js';
import { RouteTable } from './route-table.js';
import { SecretsController } from './secrets.controller.js';
import { SessionsModule } from './sessions.module.js';
import { SignInModule } from './sign-in.module.js';
import { StatusController } from './status.controller.js';
import { TokensController } from './tokens.controller.js';
import { UsageModule } from './usage.module.js';
import { parseRequests } from './validation.pipe.js';

/** REST: parse, call, shape; no rules. */
@Module({
  imports: [
    AuthModule,
    ChatModule,
    PairingModule,
    SignInModule,
    PeopleModule,
    OAuthModule,
    OidcModule,
    ModelCredentialsModule,
    OpenAiModule,
    UsageModule,
    SessionsModule,
  ],
  controllers: [
    HealthController,
    MetricsController,
    StatusController,
    AuthController,
    TokensController,
    RateLimitsController,
    AuditController,
    PendingController,
    InvitesController,
    DevicesController,
    SecretsController,
    ConfigController,
  ],
  providers: [
    Door,
    AccountDoor,
    RouteTable,
    AnswerCounts,
    Idempotency,
    DevicesNow,
    OwnAddress,
    { provide: APP_FILTER, useClass: ErrorFilter },
    { provide: APP_PIPE, useFactory: parseRequests },
  ],
  exports: [Door, Idempotency, RouteTable],
})
export class HttpModule {}

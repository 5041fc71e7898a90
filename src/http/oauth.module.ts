import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { DeviceGrantController } from './device-grant.controller.js';
import { GatewayTokenController } from './gateway-token.controller.js';
import { OAuthClients } from './oauth-clients.js';
import { OAuthEdge } from './oauth-edge.js';
import { OAuthGrants } from './oauth-grants.js';
import { OAuthMetadataController } from './oauth-metadata.controller.js';
import { OAuthTokensController } from './oauth-tokens.controller.js';
import { OAuthController } from './oauth.controller.js';
import { OwnAddress } from './own-address.js';

/** How people and services come to gateway tokens, and what services may ask about them. */
@Module({
  imports: [AuthModule],
  controllers: [
    GatewayTokenController,
    DeviceGrantController,
    OAuthController,
    OAuthTokensController,
    OAuthMetadataController,
  ],
  providers: [OAuthClients, OAuthGrants, OAuthEdge, OwnAddress],
})
export class OAuthModule {}

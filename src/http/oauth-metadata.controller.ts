import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { OFFLINE_ACCESS } from '../accounts/oauth/scope-words.js';
import { SigningKeysService } from '../accounts/signing-keys.service.js';
import { Public } from '../auth/decorators.js';
import { SCOPES } from '../kernel/scopes.js';
import { OAuthEdge } from './oauth-edge.js';
import { GRANT_TYPES } from './oauth-grants.js';

/** Both may be kept for five minutes: keys are published before they sign for longer than that, and stay for longer. */
const CACHING = 'public, max-age=300, must-revalidate';

/** What clients and verifiers look up by themselves. */
@ApiTags('oauth')
@Controller('.well-known')
export class OAuthMetadataController {
  constructor(
    private readonly edge: OAuthEdge,
    private readonly keys: SigningKeysService,
  ) {}

  @Get('oauth-authorization-server')
  @Public()
  @Header('Cache-Control', CACHING)
  @ApiOperation({ summary: 'Where the endpoints of OAuth are, and what they can do (RFC 8414)' })
  metadata(): object {
    const { issuer } = this.edge;
    const secrets = ['client_secret_basic', 'client_secret_post'];
    return {
      issuer,
      token_endpoint: `${issuer}/oauth/token`,
      device_authorization_endpoint: `${issuer}/oauth/device_authorization`,
      introspection_endpoint: `${issuer}/oauth/introspect`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      response_types_supported: [],
      grant_types_supported: GRANT_TYPES,
      scopes_supported: [...SCOPES, OFFLINE_ACCESS],
      token_endpoint_auth_methods_supported: ['none', ...secrets],
      introspection_endpoint_auth_methods_supported: [...secrets, 'Bearer'],
      revocation_endpoint_auth_methods_supported: ['none', ...secrets, 'Bearer'],
    };
  }

  @Get('jwks.json')
  @Public()
  @Header('Cache-Control', CACHING)
  @ApiOperation({ summary: 'The public keys of our access tokens (RFC 7517)' })
  async keySet(): Promise<object> {
    return this.keys.jwks();
  }
}

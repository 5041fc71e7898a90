import { Controller, Header, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { OAuthError } from '../accounts/oauth/oauth-error.js';
import { TokenIntrospection } from '../accounts/oauth/introspection.js';
import { TokenRevocation } from '../accounts/oauth/revocation.js';
import { SecretCheck } from '../auth/secret-check.js';
import { covers } from '../kernel/scopes.js';
import { OAuthClients } from './oauth-clients.js';
import { formOf, OAuthEndpoint } from './oauth-form.js';
import { IntrospectionView, ShownTokenForm } from './oauth.views.js';

const FORM = 'application/x-www-form-urlencoded';

/** For other services: whether a token that somebody showed them is good, and the end of one. */
@ApiTags('oauth')
@Controller('oauth')
export class OAuthTokensController {
  constructor(
    private readonly clients: OAuthClients,
    private readonly introspection: TokenIntrospection,
    private readonly revocation: TokenRevocation,
    private readonly checks: SecretCheck,
  ) {}

  @Post('introspect')
  @OAuthEndpoint()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Whether a token of your tenant is good, for a service with a service token (RFC 7662)' })
  @ApiConsumes(FORM)
  @ApiBody({ type: ShownTokenForm })
  @ApiOkResponse({ type: IntrospectionView })
  async introspect(@Req() request: FastifyRequest): Promise<IntrospectionView> {
    const form = formOf(request);
    const client = await this.clients.get(request, form);
    if (client.kind !== 'service') throw new OAuthError('invalid_client', 'authenticate with a service token');
    if (!covers(client.token.scopes, 'operator.read'))
      throw new OAuthError('insufficient_scope', 'missing scope: operator.read', { code: 'missing_scope' });
    return this.introspection.look(form.get('token'), client.token.tenantId);
  }

  @Post('revoke')
  @OAuthEndpoint()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'End a token (RFC 7009): a service one of its tenant, a public client one that it holds' })
  @ApiConsumes(FORM)
  @ApiBody({ type: ShownTokenForm })
  async revoke(@Req() request: FastifyRequest): Promise<void> {
    const form = formOf(request);
    const client = await this.clients.get(request, form);
    const token = form.get('token');
    const { id: requestId } = request;
    if (client.kind === 'public') return this.giveUp(token, request);
    const actor = `gateway-token:service:${client.clientId}`;
    await this.revocation.revoke(token, client.token.tenantId, { actor, requestId });
  }

  /** Of a client that proves nothing the token itself is the proof, and a guess counts; it is answered like any other. */
  private async giveUp(token: string, request: FastifyRequest): Promise<void> {
    const guessed = new OAuthError('invalid_grant', 'an unknown token was revoked', { wasWrong: true });
    const judge = async (): Promise<void> => {
      if (!(await this.revocation.revoke(token, undefined, { requestId: request.id }))) throw guessed;
    };
    await this.checks.run(request.accountCarrier.evidence, { judge }).catch((error: unknown) => {
      if (error !== guessed) throw error;
    });
  }
}

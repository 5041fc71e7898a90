import { Controller, Header, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { DeviceGrantsService } from '../accounts/device-grants.service.js';
import { OAuthError } from '../accounts/oauth/oauth-error.js';
import { scopeWish } from '../accounts/oauth/scope-words.js';
import { ConfigService } from '../config/config.service.js';
import { consolePath } from './console-address.js';
import { OAuthClients } from './oauth-clients.js';
import { formOf, OAuthEndpoint } from './oauth-form.js';
import { OAuthEdge } from './oauth-edge.js';
import { OAuthGrants } from './oauth-grants.js';
import { DeviceAuthorizationForm, DeviceAuthorizationView, TokenAnswerView, TokenForm } from './oauth.views.js';

const FORM = 'application/x-www-form-urlencoded';

/** How clients come to a gateway token by the standards: token exchange (RFC 8693), device grant (RFC 8628), refresh. */
@ApiTags('oauth')
@Controller('oauth')
export class OAuthController {
  constructor(
    private readonly clients: OAuthClients,
    private readonly grants: OAuthGrants,
    private readonly waiting: DeviceGrantsService,
    private readonly edge: OAuthEdge,
    private readonly config: ConfigService,
  ) {}

  @Post('token')
  @OAuthEndpoint()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Header('Pragma', 'no-cache')
  @ApiOperation({ summary: 'A gateway token for an access token, a device code or a refresh token' })
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenForm })
  @ApiOkResponse({ type: TokenAnswerView })
  async token(@Req() request: FastifyRequest): Promise<TokenAnswerView> {
    const form = formOf(request);
    const client = await this.clients.find(request, form);
    return this.grants.answer({ form, client, evidence: request.accountCarrier.evidence });
  }

  @Post('device_authorization')
  @OAuthEndpoint()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Begin to sign a client in by a code that a person types elsewhere' })
  @ApiConsumes(FORM)
  @ApiBody({ type: DeviceAuthorizationForm })
  @ApiOkResponse({ type: DeviceAuthorizationView })
  async authorize(@Req() request: FastifyRequest): Promise<DeviceAuthorizationView> {
    const form = formOf(request);
    const client = await this.clients.find(request, form);
    // Nothing but its name will tell the person what they let in.
    if (!client) throw new OAuthError('invalid_request', 'client_id: must be given');
    const { evidence } = request.accountCarrier;
    const { clientId } = client;
    const userAgent = evidence.header('user-agent')?.slice(0, 300);
    const wish = { ...scopeWish(form.find('scope')), clientId, address: evidence.source, userAgent };
    const { deviceCode, userCode, expiresIn, interval } = await this.waiting.begin(wish);
    const page = this.edge.issuer + consolePath(this.config.current, 'device');
    return {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: page,
      verification_uri_complete: `${page}?user_code=${userCode}`,
      expires_in: expiresIn,
      interval,
    };
  }
}

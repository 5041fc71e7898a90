import { Body, Controller, HttpCode, Param, Put, Req } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn, IsNumber, IsObject, IsOptional, IsString, Length } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Caller, NeedsHouse } from '../auth/decorators.js';
import type { KeyReference, Profile } from '../credentials/profile.js';
import { ProfilesService } from '../credentials/profiles.service.js';
import type { Identity } from '../kernel/identity.js';

const LONGEST = 16_384;

class ProfileBody {
  @ApiProperty({ enum: ['api_key', 'token', 'oauth'] })
  @IsIn(['api_key', 'token', 'oauth'])
  type: Profile['type'];

  @ApiProperty({ example: 'anthropic' })
  @IsString()
  @Length(1, 64)
  provider: string;

  @ApiPropertyOptional({ description: 'Of an API key: the key itself.' })
  @IsOptional()
  @IsString()
  @Length(1, LONGEST)
  key?: string;

  @ApiPropertyOptional({ type: Object, description: 'Where the key is kept: `{ source, provider, id }`.' })
  @IsOptional()
  @IsObject()
  keyRef?: KeyReference;

  @ApiPropertyOptional({ description: 'Of a token: the token itself.' })
  @IsOptional()
  @IsString()
  @Length(1, LONGEST)
  token?: string;

  @ApiPropertyOptional({ type: Object })
  @IsOptional()
  @IsObject()
  tokenRef?: KeyReference;

  @ApiPropertyOptional({ description: 'Of a login.' })
  @IsOptional()
  @IsString()
  @Length(1, LONGEST)
  access?: string;

  @ApiPropertyOptional({ description: 'Of a login that can refresh itself.' })
  @IsOptional()
  @IsString()
  @Length(1, LONGEST)
  refresh?: string;

  @ApiPropertyOptional({ description: 'Milliseconds since the epoch.' })
  @IsOptional()
  @IsNumber()
  expires?: number;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @Length(1, 320)
  email?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @Length(1, 256)
  accountId?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @Length(1, 256)
  clientId?: string;
}

/** The credentials of an agent, as far as they are brought from elsewhere. None is ever shown. */
@ApiTags('models')
@Controller('api/v1/agents/:agent/profiles')
export class ProfilesController {
  constructor(private readonly profiles: ProfilesService) {}

  @Put(':profileId')
  @NeedsHouse('operator.admin')
  @HttpCode(204)
  @ApiOperation({ summary: 'Store a credential of an agent, in the place of whatever had its id' })
  @ApiNoContentResponse()
  async put(
    @Param('agent') agent: string,
    @Param('profileId') profileId: string,
    @Body() body: ProfileBody,
    @Caller() { method, subject }: Identity,
    @Req() { id: requestId }: FastifyRequest,
  ): Promise<void> {
    const given = Object.entries(body).filter(([, value]) => value !== undefined);
    const profile = Object.fromEntries(given) as unknown as Profile;
    await this.profiles.put(agent, profileId, profile, { actor: `${method}:${subject}`, requestId });
  }
}

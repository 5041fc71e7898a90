import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { SigningKeysService } from '../accounts/signing-keys.service.js';
import { Caller, NeedsHouse } from '../auth/decorators.js';
import type { Identity } from '../kernel/identity.js';

class RotateKeysBody {
  @ApiPropertyOptional({
    type: Boolean,
    description: 'Ends what the old keys signed at once, as after a loss. Default: it ends by itself.',
  })
  @IsBoolean()
  endOld = false;
}

class SigningKeyView {
  @ApiProperty({ format: 'uuid', description: 'The `kid` of the key that signs from now on.' })
  kid: string;
}

/** The keys of access tokens. */
@ApiTags('accounts')
@Controller('api/v1/signing-keys')
export class SigningKeysController {
  constructor(private readonly keys: SigningKeysService) {}

  @Post('rotate')
  @NeedsHouse('operator.admin')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a new key sign access tokens from now on' })
  @ApiOkResponse({ type: SigningKeyView })
  async rotate(
    @Caller() { method, subject }: Identity,
    @Req() { id: requestId }: FastifyRequest,
    @Body() { endOld }: RotateKeysBody = { endOld: false },
  ): Promise<SigningKeyView> {
    const { kid } = await this.keys.rotate(`${method}:${subject}`, { endOld, requestId });
    return { kid };
  }
}

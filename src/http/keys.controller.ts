import { Body, Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Caller, NeedsHouse } from '../auth/decorators.js';
import { type KeyStatus, type Rotated, KeyRotationService } from '../credentials/keys/key-rotation.service.js';
import type { Identity } from '../kernel/identity.js';

class RotationBody {
  @ApiPropertyOptional({
    description:
      'Replaces the encryption key too: an absolute path on the machine of the gateway to a file of 64 hex characters.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  newKeyFile?: string;
}

class ReplacedKeyView {
  @ApiProperty()
  id: string;

  @ApiProperty({ description: 'The configuration still names the old key: change it before the next start.' })
  mustBeConfigured: boolean;
}

class RotatedView {
  @ApiProperty({ description: 'The id of the data key that seals from now on.' })
  dataKey: string;

  @ApiProperty({ description: "How many agents' profiles were sealed anew." })
  resealed: number;

  @ApiPropertyOptional({ type: ReplacedKeyView })
  encryptionKey?: ReplacedKeyView;

  static of({ dataKey, resealed, encryptionKey }: Rotated): RotatedView {
    return { dataKey, resealed, encryptionKey };
  }
}

class EncryptionKeyView {
  @ApiProperty()
  id: string;

  @ApiProperty({ enum: ['configuration', 'file'] })
  from: string;
}

class DataKeyView {
  @ApiProperty()
  id: string;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ description: 'Whether new secrets are sealed with it.' })
  isCurrent: boolean;

  @ApiProperty({ description: 'Whether this gateway has the encryption key for it.' })
  canBeOpened: boolean;

  @ApiProperty({ description: "How many agents' profiles are sealed with it." })
  sealed: number;
}

class KeysView {
  @ApiProperty({ type: EncryptionKeyView })
  encryptionKey: EncryptionKeyView;

  @ApiProperty({ type: [DataKeyView], description: 'The newest first.' })
  dataKeys: DataKeyView[];

  static of({ encryptionKey: { id, from }, dataKeys }: KeyStatus): KeysView {
    const views = dataKeys.map(({ id: key, createdAt, isCurrent, canBeOpened, sealed }) => {
      return { id: key, createdAt: createdAt.toISOString(), isCurrent, canBeOpened, sealed };
    });
    return { encryptionKey: { id, from }, dataKeys: views };
  }
}

/** The keys that secrets in the database are sealed with: by id, never what they are. */
@ApiTags('secrets')
@Controller('api/v1/keys')
export class KeysController {
  constructor(private readonly keys: KeyRotationService) {}

  @Get()
  @NeedsHouse('operator.admin')
  @ApiOperation({ summary: 'The encryption key and the data keys by id, and how much is sealed with each' })
  @ApiOkResponse({ type: KeysView })
  async status(): Promise<KeysView> {
    return KeysView.of(await this.keys.status());
  }

  @Post('rotate')
  @NeedsHouse('operator.admin')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Make a new data key and seal everything anew; with a file, replace the encryption key too',
  })
  @ApiOkResponse({ type: RotatedView })
  async rotate(
    @Caller() { method, subject }: Identity,
    @Req() { id: requestId }: FastifyRequest,
    @Body() { newKeyFile }: RotationBody = {},
  ): Promise<RotatedView> {
    return RotatedView.of(await this.keys.rotate({ actor: `${method}:${subject}`, requestId, newKeyFile }));
  }
}

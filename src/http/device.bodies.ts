import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { parseRole, ROLES, type Role, SCOPES, type Scope } from '../kernel/scopes.js';
import { INVITE_LIFE_MS } from '../pairing/invites.service.js';
import { PageLimit } from './page.js';

const DAY_MS = 24 * 3600 * 1000;

/** `control` is understood for `operator`, as over WebSocket. */
const RoleWord = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? (parseRole(value) ?? value) : value));

/** Which part of the devices is wanted: `?limit=&cursor=`. */
export class DevicePageQuery {
  @PageLimit()
  limit = 50;

  @ApiPropertyOptional({ description: 'The `nextCursor` of the page before.' })
  @IsOptional()
  @IsString()
  @Length(1, 256)
  cursor?: string;
}

export class RenameBody {
  @ApiProperty({ maxLength: 64, example: "Ana's phone" })
  @IsString()
  @Length(1, 64)
  @Matches(/^[^\p{Cc}]*[^\p{Cc}\s][^\p{Cc}]*$/u, { message: 'displayName must be printable, and more than blanks' })
  displayName: string;
}

export class ApproveBody {
  @ApiPropertyOptional({ enum: SCOPES, isArray: true, description: 'Grants these of the scopes asked, not all.' })
  @IsOptional()
  @IsArray()
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];
}

export class RevokeBody {
  @ApiPropertyOptional({ enum: ROLES, description: 'May be left out where the device has one role.' })
  @IsOptional()
  @RoleWord()
  @IsIn(ROLES)
  role?: Role;
}

export class RotateBody extends RevokeBody {
  @ApiPropertyOptional({ enum: SCOPES, isArray: true, description: 'Narrows the scopes to these.' })
  @IsOptional()
  @IsArray()
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];

  @ApiPropertyOptional({
    type: 'integer',
    default: 0,
    maximum: DAY_MS,
    description: 'The old token stays good so long.',
  })
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  graceMs = 0;

  @ApiPropertyOptional({
    type: 'boolean',
    default: false,
    description: 'Shows the new token to an admin instead of to the device alone.',
  })
  @IsBoolean()
  deliver = false;
}

export class InviteBody {
  @ApiPropertyOptional({ enum: ROLES, default: 'operator' })
  @RoleWord()
  @IsIn(ROLES)
  role: Role = 'operator';

  @ApiPropertyOptional({ enum: SCOPES, isArray: true, description: 'Default: what the role is given as a rule.' })
  @IsOptional()
  @IsArray()
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];

  @ApiPropertyOptional({ type: 'integer', description: 'Seconds.', default: INVITE_LIFE_MS / 1000, maximum: 600 })
  @IsInt()
  @Min(1)
  @Max(INVITE_LIFE_MS / 1000)
  ttl = INVITE_LIFE_MS / 1000;
}

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, IsIn, IsOptional, IsString, IsUUID, Length, Matches, MaxLength } from 'class-validator';
import { USER_ROLES, type UserRole } from '../accounts/roles.js';
import { PageQuery } from './page.js';

const PRINTABLE = /^[^\p{Cc}\p{Cf}]*[^\p{Cc}\p{Cf}\s][^\p{Cc}\p{Cf}]*$/u;
const printable = (name: string) => ({ message: `${name} must be printable, and more than blanks` });

/** A tenant lists itself where none is named; the house may name any. */
const TENANT = { format: 'uuid', description: 'Another tenant than your own: for the house.' } as const;

export class InTenantQuery {
  @ApiPropertyOptional(TENANT)
  @IsOptional()
  @IsUUID()
  tenant?: string;
}

export class UsersQuery extends PageQuery {
  @ApiPropertyOptional(TENANT)
  @IsOptional()
  @IsUUID()
  tenant?: string;

  @ApiPropertyOptional({ enum: USER_ROLES })
  @IsOptional()
  @IsIn(USER_ROLES)
  role?: UserRole;

  @ApiPropertyOptional({ enum: ['active', 'suspended', 'deleted'], description: 'Default: all but the removed.' })
  @IsOptional()
  @IsIn(['active', 'suspended', 'deleted'])
  status?: 'active' | 'suspended' | 'deleted';

  @ApiPropertyOptional({ description: 'Part of the e-mail address or of the name.' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  q?: string;
}

export class InvitationsQuery extends PageQuery {
  @ApiPropertyOptional(TENANT)
  @IsOptional()
  @IsUUID()
  tenant?: string;
}

const Address = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim().toLowerCase() : value));

export class InvitationBody {
  @ApiProperty({ example: 'ana@example.com' })
  @Address()
  @IsEmail()
  @MaxLength(254)
  email: string;

  @ApiPropertyOptional({ enum: USER_ROLES, default: 'member', description: 'Not above your own.' })
  @IsIn(USER_ROLES)
  role: UserRole = 'member';
}

export class NewUserBody extends InvitationBody {
  @ApiPropertyOptional({ maxLength: 100 })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Matches(PRINTABLE, printable('displayName'))
  displayName?: string;
}

export class UserChangeBody {
  @ApiPropertyOptional({ maxLength: 100 })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Matches(PRINTABLE, printable('displayName'))
  displayName?: string;

  @ApiPropertyOptional({ enum: USER_ROLES, description: 'Not above your own; of somebody not above you.' })
  @IsOptional()
  @IsIn(USER_ROLES)
  role?: UserRole;

  @ApiPropertyOptional({ enum: ['active', 'suspended'], description: 'Suspending ends sign-ins and tokens at once.' })
  @IsOptional()
  @IsIn(['active', 'suspended'])
  status?: 'active' | 'suspended';
}

export class TenantsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ['active', 'suspended'] })
  @IsOptional()
  @IsIn(['active', 'suspended'])
  status?: 'active' | 'suspended';

  @ApiPropertyOptional({ description: 'Part of the name.' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  q?: string;
}

export class NewTenantBody {
  @ApiProperty({ example: 'Acme', maxLength: 100, description: 'For people; not unique.' })
  @IsString()
  @Length(1, 100)
  @Matches(PRINTABLE, printable('name'))
  name: string;

  @ApiPropertyOptional({ example: 'ana@acme.example', description: 'Is invited as its owner.' })
  @IsOptional()
  @Address()
  @IsEmail()
  @MaxLength(254)
  owner?: string;
}

export class TenantChangeBody {
  @ApiPropertyOptional({ maxLength: 100 })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Matches(PRINTABLE, printable('name'))
  name?: string;

  @ApiPropertyOptional({ enum: ['active', 'suspended'], description: 'For the house alone.' })
  @IsOptional()
  @IsIn(['active', 'suspended'])
  status?: 'active' | 'suspended';
}

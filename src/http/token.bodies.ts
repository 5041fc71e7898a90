import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayNotEmpty,
  IsArray,
  IsEmail,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import { TOKEN_KINDS, type TokenKind } from '../accounts/gateway-token-rows.js';
import { USER_ROLES, type UserRole } from '../accounts/roles.js';
import { Refused } from '../kernel/errors.js';
import { SCOPES, type Scope } from '../kernel/scopes.js';

const HOUR_S = 3600;
/** The longest life of a token that an operator may hand to a person: a year. */
const YEAR_S = 365 * 24 * HOUR_S;
/** And to a machine. */
const FIVE_YEARS_S = 5 * YEAR_S;

/** What a service token must say, and a person's may leave out. */
const forService = (said: keyof NewTokenBody): PropertyDecorator =>
  ValidateIf((body: NewTokenBody) => body.kind === 'service' || body[said] !== undefined);

/** A token that an operator makes: for a person, or for a machine. */
export class NewTokenBody {
  @ApiPropertyOptional({ enum: TOKEN_KINDS, default: 'user', description: 'service: for a machine' })
  @IsIn(TOKEN_KINDS)
  kind: TokenKind = 'user';

  @ApiPropertyOptional({ description: 'Whose token. Default: the owner of the house.', example: 'ana@example.com' })
  @IsOptional()
  @IsEmail()
  user?: string;

  @ApiPropertyOptional({ enum: USER_ROLES, description: 'Makes the user with this role where there is none yet.' })
  @IsOptional()
  @IsIn(USER_ROLES)
  role?: UserRole;

  @ApiPropertyOptional({ example: 'laptop', description: 'Required for a service token.' })
  @forService('label')
  @IsString()
  @Length(1, 100)
  label?: string;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Seconds; an hour unless told, a year at most. Required for a service token, five years at most.',
    maximum: FIVE_YEARS_S,
  })
  @forService('expiresIn')
  @IsInt()
  @Min(1)
  @Max(FIVE_YEARS_S)
  expiresIn?: number;

  @ApiPropertyOptional({
    enum: SCOPES,
    isArray: true,
    description: "Narrows what the user's role gives. Required for a service token.",
  })
  @forService('scopes')
  @IsArray()
  @ArrayNotEmpty()
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];
}

/** Seconds. Throws Refused for a person's token that would last for more than a year. */
export function lifeOf({ kind, expiresIn = HOUR_S }: NewTokenBody): number {
  if (kind === 'service' || expiresIn <= YEAR_S) return expiresIn;
  throw wrong('expiresIn', `must not be greater than ${YEAR_S}, a year, for a person's token`);
}

/** What cannot go together. Throws Refused. */
export function refuseMixture({ kind, user, role }: NewTokenBody): void {
  if (role !== undefined && user === undefined) throw wrong('user', 'must name the user who is to have this role');
  if (kind !== 'service') return;
  if (user !== undefined) throw wrong('user', 'is not for a service token: it belongs to whoever makes it');
}

export const wrong = (path: string, message: string): Refused =>
  new Refused('invalid_request', { message: `${path}: ${message}`, fields: [{ path, message }] });

/** Another name for a token. */
export class RenameTokenBody {
  @ApiProperty({ example: 'nightly build' })
  @IsString()
  @Length(1, 100)
  label: string;
}

/** How a token for a sign-in should be. Whose it is and how long it lasts is not asked (S085). */
export class ExchangeBody {
  @ApiPropertyOptional({ example: 'laptop' })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  label?: string;

  @ApiPropertyOptional({ enum: SCOPES, isArray: true, description: "Narrows what the user's role gives." })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];
}

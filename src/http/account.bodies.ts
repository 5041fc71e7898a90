import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';

/** Longer than any password that is taken: what is too long is told by the rules of passwords, in their words. */
const LONGEST_SHOWN = 1024;

/** As typed, without the blanks around it. ASCII alone: what looks alike must be alike (S143). */
const Address = (): PropertyDecorator => (target, property) => {
  ApiProperty({ format: 'email', example: 'ana@example.com' })(target, property);
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value))(target, property);
  IsEmail({ allow_utf8_local_part: false, require_tld: false })(target, property);
  Matches(/^[\x21-\x7e]{3,254}$/, { message: 'email must be an e-mail address of at most 254 ASCII characters' })(
    target,
    property,
  );
};

const Secret = (): PropertyDecorator => (target, property) => {
  ApiProperty({ format: 'password' })(target, property);
  IsString()(target, property);
  Length(1, LONGEST_SHOWN)(target, property);
};

const Printable =
  (longest: number): PropertyDecorator =>
  (target, property) => {
    ApiPropertyOptional({ maxLength: longest })(target, property);
    IsOptional()(target, property);
    IsString()(target, property);
    Length(1, longest)(target, property);
    Matches(/^[^\p{Cc}]*$/u, { message: `${String(property)} must be printable` })(target, property);
  };

/** Whether a browser keeps the refresh token as a cookie, or the caller gets it in the answer. */
class SessionWish {
  @ApiPropertyOptional({ enum: ['token', 'cookie'], default: 'token' })
  @IsOptional()
  @IsIn(['token', 'cookie'])
  session?: 'token' | 'cookie';
}

export class RegisterBody extends SessionWish {
  @Address()
  email: string;

  @Secret()
  password: string;

  @Printable(100)
  displayName?: string;

  @ApiPropertyOptional({ description: 'Language tag (BCP 47).', example: 'de-AT' })
  @IsOptional()
  @IsString()
  @Matches(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, { message: 'locale must be a language tag such as de-AT' })
  @Length(2, 35)
  locale?: string;

  @ApiPropertyOptional({ description: 'IANA name.', example: 'Europe/Vienna' })
  @IsOptional()
  @IsString()
  @Matches(/^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/, { message: 'timezone must be a name such as Europe/Vienna' })
  timezone?: string;

  @ApiPropertyOptional({ description: 'ISO 3166, two letters.', example: 'AT' })
  @IsOptional()
  @IsString()
  @Matches(/^[A-Za-z]{2}$/, { message: 'country must be two letters, such as AT' })
  country?: string;

  @ApiPropertyOptional({ description: 'What the gateway printed at its start, while nobody has signed up.' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  setupCode?: string;

  @ApiPropertyOptional({ description: 'The code of an invitation.' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  invitation?: string;
}

export class LoginBody extends SessionWish {
  @Address()
  email: string;

  @Secret()
  password: string;
}

export class RefreshBody {
  @ApiPropertyOptional({ description: 'May be left out by a browser, which has it as a cookie.' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  refreshToken?: string;
}

export class AddressBody {
  @Address()
  email: string;
}

export class CodeBody {
  @ApiProperty({ description: 'The code of the link in the mail.' })
  @IsString()
  @Length(1, 200)
  code: string;
}

export class ResetBody extends CodeBody {
  @Secret()
  password: string;
}

export class ChangePasswordBody {
  @Secret()
  currentPassword: string;

  @Secret()
  newPassword: string;
}

import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { type ConfigSnapshot, Settings } from '../../config/settings.js';
import type { FieldError } from '../../kernel/errors.js';
import { HOUSE_TENANT } from '../../kernel/identity.js';
import { type Algorithm, ALGORITHMS } from './algorithms.js';
import { issuerOf } from '../accounts.settings.js';
import { Domains, IssuerAddress, TextOrTexts } from './external.rules.js';

/** What somebody who comes from outside may become. Owners are made here, by owners. */
export const GIVEN_ROLES = ['admin', 'member', 'viewer'] as const;
export type GivenRole = (typeof GIVEN_ROLES)[number];

const TOKEN_TYPES = ['access', 'at+jwt', 'id'] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

const DAY_S = 86_400;

/** An issuer whose JWTs are taken at the exchange (contract section 6). */
export class ExternalIssuer {
  /** `iss`, to the letter. */
  @IssuerAddress()
  issuer: string;

  /** What `aud` must hold: the name by which the issuer knows this gateway. */
  @TextOrTexts()
  audience: string | string[];

  /** Signatures that are taken. What a token says of its own only picks one of these. */
  @IsArray()
  @ArrayNotEmpty()
  @IsIn(ALGORITHMS, { each: true })
  algorithms: Algorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];

  /** Where the issuer's keys are. Unset: where its discovery document says. */
  @IsOptional()
  @IssuerAddress()
  jwksUri?: string;

  /** Seconds by which the issuer's clock may be off. */
  @IsInt()
  @Min(0)
  @Max(120)
  clockSkew = 60;

  /** Seconds: a token that is good for longer is refused. */
  @IsInt()
  @Min(60)
  @Max(366 * DAY_S)
  maxLifetime = DAY_S;

  /** `optional` for an issuer that writes no `nbf`: its tokens then begin with their `iat`. */
  @IsIn(['required', 'optional'])
  notBefore: 'required' | 'optional' = 'required';

  /** `access`: access tokens, whether typed or not; `at+jwt`: typed ones (RFC 9068) alone; `id`: ID tokens made for us. */
  @IsIn(TOKEN_TYPES)
  tokenType: TokenType = 'access';

  /** Whose users these are: the id or the name of a tenant. */
  @IsString()
  @Length(1, 200)
  tenant: string = HOUSE_TENANT;

  /** Of users that are made; somebody who is there already keeps their own. */
  @IsIn(GIVEN_ROLES)
  role: GivenRole = 'member';

  /** Which claim holds the e-mail address. It counts only beside `email_verified: true`. */
  @IsString()
  @Length(1, 100)
  emailClaim = 'email';

  /** Who may come in, by `sub`. With all three lists empty: everybody of this issuer. */
  @IsArray()
  @IsString({ each: true })
  @ArrayMaxSize(10_000)
  subjects: string[] = [];

  @IsArray()
  @IsEmail({}, { each: true })
  @ArrayMaxSize(10_000)
  emails: string[] = [];

  @Domains()
  domains: string[] = [];

  /** Makes a user for whoever has none yet. Else only identities come in that were linked. */
  @IsBoolean()
  provision = false;

  /** Takes the issuer's word for whose an e-mail address is: its users become ours of the same address. */
  @IsBoolean()
  trustEmail = false;
}

/** Who else may vouch for people, beside this gateway itself. */
@Settings('accounts')
export class ExternalSettings {
  @IsArray()
  @ArrayMaxSize(32)
  @ValidateNested({ each: true })
  @Type(() => ExternalIssuer)
  issuers: ExternalIssuer[] = [];
}

/** What must fit together: nobody becomes an administrator by merely being known elsewhere. */
export function issuerRules(config: ConfigSnapshot): FieldError[] {
  const { issuers } = config.get(ExternalSettings);
  return issuers.flatMap(({ issuer, role, provision, subjects, emails }, index) => {
    const path = `accounts.issuers.${index}`;
    const errors: FieldError[] = [];
    if (issuers.findIndex((other) => other.issuer === issuer) < index) {
      errors.push({ path: `${path}.issuer`, message: 'is there twice; put both into one entry' });
    }
    if (issuer === issuerOf(config)) {
      errors.push({ path: `${path}.issuer`, message: 'is this gateway itself; remove the entry' });
    }
    if (provision && role === 'admin' && subjects.length + emails.length === 0) {
      const message =
        'is "admin" for everybody of this issuer; name them in "subjects" or "emails", or choose "member"';
      errors.push({ path: `${path}.role`, message });
    }
    return errors;
  });
}

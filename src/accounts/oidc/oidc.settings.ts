import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsOptional,
  IsString,
  Length,
  Matches,
} from 'class-validator';
import { MapOf } from '../../config/map-of.js';
import { type ConfigSnapshot, Setting, Settings } from '../../config/settings.js';
import { CLIENT_AUTHENTICATIONS, type ClientAuthentication } from '../../kernel/client-authentication.js';
import type { FieldError } from '../../kernel/errors.js';
import { HOUSE_TENANT } from '../../kernel/identity.js';
import { GIVEN_ROLES, type GivenRole } from '../external/external.settings.js';
import { Domains, IssuerAddress } from '../external/external.rules.js';

/** A provider at which people may sign in. Google: issuer https://accounts.google.com, and nothing special besides. */
export class OidcProvider {
  /** As the provider names itself, to the letter. Its discovery document says the rest. */
  @IssuerAddress()
  issuer: string;

  @IsString()
  @Length(1, 500)
  clientId: string;

  @Setting({ secret: true })
  @IsOptional()
  @IsString()
  @Length(1, 2000)
  clientSecret?: string;

  /** Unset: `basic`, or `none` without a secret. */
  @IsOptional()
  @IsIn(CLIENT_AUTHENTICATIONS)
  clientAuthentication?: ClientAuthentication;

  /** `openid` is always among them. */
  @IsArray()
  @Matches(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { each: true, message: 'each must be a scope such as "email"' })
  scopes: string[] = ['openid', 'email', 'profile'];

  /** What stands on the button. Unset: the name in the configuration. */
  @IsOptional()
  @IsString()
  @Length(1, 60)
  label?: string;

  /** Whose users these are: the id or the name of a tenant. */
  @IsString()
  @Length(1, 200)
  tenant: string = HOUSE_TENANT;

  /** Of users that are made; somebody who is there already keeps their own. */
  @IsIn(GIVEN_ROLES)
  role: GivenRole = 'member';

  /** Domains of verified e-mail addresses that may come in. With both lists empty: everybody of this provider. */
  @Domains()
  allowedDomains: string[] = [];

  @IsArray()
  @IsEmail({}, { each: true })
  @ArrayMaxSize(10_000)
  allowedEmails: string[] = [];

  /** Makes a user for whoever has none yet. Else only people come in who were invited or have linked their identity. */
  @IsBoolean()
  provision = false;

  /** Takes the provider's word for whose an e-mail address is: whoever it verified one for becomes the user who has it. */
  @IsBoolean()
  trustEmail = false;
}

/** The providers at which people may sign in, by the name that stands in their addresses. */
@Settings('accounts')
export class OidcSettings {
  @MapOf(() => OidcProvider, {
    pattern: /^[a-z0-9][a-z0-9-]{0,31}$/,
    rule: 'must be of lower-case letters, digits and -, 32 at most',
  })
  oidc: Record<string, OidcProvider> = {};
}

/** The provider of this name, or undefined. */
export function providerOf(config: ConfigSnapshot, name: string): OidcProvider | undefined {
  const { oidc } = config.get(OidcSettings);
  return Object.hasOwn(oidc, name) ? oidc[name] : undefined;
}

/** What must fit together: nobody becomes an administrator by merely being known elsewhere. */
export function oidcRules(config: ConfigSnapshot): FieldError[] {
  return Object.entries(config.get(OidcSettings).oidc).flatMap(([name, provider]) => {
    const { role, provision, allowedEmails, clientAuthentication, clientSecret } = provider;
    const path = `accounts.oidc.${name}`;
    const errors: FieldError[] = [];
    if (provision && role === 'admin' && allowedEmails.length === 0) {
      const message = 'is "admin" for everybody of this provider; name them in "allowedEmails", or choose "member"';
      errors.push({ path: `${path}.role`, message });
    }
    if (clientAuthentication !== undefined && clientAuthentication !== 'none' && clientSecret === undefined) {
      const message = `is needed by clientAuthentication "${clientAuthentication}"; write it or a reference to it`;
      errors.push({ path: `${path}.clientSecret`, message });
    }
    return errors;
  });
}

import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Min,
  Validate,
} from 'class-validator';
import { MapOf } from '../config/map-of.js';
import { AddressOrRange } from '../config/rules.js';
import { Setting, Settings } from '../config/settings.js';
import { APIS, type Dialect, DIALECTS } from './dialects.js';

/** One model that a provider is known to have. Its other keys are the family's, and left alone. */
export interface ModelEntry {
  readonly id: string;
  readonly name?: string;
  readonly contextWindow?: number;
  /** The longest answer, in tokens. */
  readonly maxTokens?: number;
  /** US dollars for a million tokens. */
  readonly cost?: {
    readonly input?: number;
    readonly output?: number;
    readonly cacheRead?: number;
    readonly cacheWrite?: number;
  };
}

/** `models.providers.<id>`: where a provider is, how it speaks, and what opens it. */
export class ModelProviderSettings {
  @IsOptional()
  @IsIn(DIALECTS)
  type?: Dialect;

  /** The family's other way to say `type`. */
  @IsOptional()
  @IsIn(Object.keys(APIS))
  api?: string;

  /** With the version, as in `https://api.example.com/v1`. Not needed for the built-in providers. */
  @IsOptional()
  @Matches(/^https?:\/\/[^\s]+$/i, { message: 'must be an address that begins with https:// or http://' })
  baseUrl?: string;

  @Setting({ secret: true })
  @IsOptional()
  @IsString()
  apiKey?: string;

  /** Sent with every request to it; values may be references. */
  @Setting({ secret: true })
  @IsOptional()
  @IsObject()
  headers?: Record<string, string>;

  /** How its credential travels; `aws-sdk` is the family's, and not spoken here. */
  @IsOptional()
  @IsIn(['api-key', 'token', 'oauth', 'aws-sdk'])
  auth?: 'api-key' | 'token' | 'oauth' | 'aws-sdk';

  /** Ids of the tenants whose people may call it; without the key all may. */
  @IsOptional()
  @IsUUID('all', { each: true, message: 'must be a list of ids of tenants; see doorward tenants list' })
  tenants?: string[];

  /** Known by name or as an entry; others may be asked for all the same. */
  @IsOptional()
  @IsArray()
  models?: readonly (string | ModelEntry)[];

  @IsOptional()
  @IsInt()
  @Min(1)
  contextWindow?: number;

  /** The family's: accepted, not used. */
  @IsOptional()
  authHeader?: unknown;

  /** The family's: accepted, not used. */
  @IsOptional()
  injectNumCtxForOpenAICompat?: unknown;
}

/** `models.failover`, as document 004's sibling writes it: other providers, in order, when one fails. */
@Settings('models.failover')
export class FailoverSettings {
  @IsBoolean()
  enabled = true;

  @IsArray()
  @IsString({ each: true })
  providers: string[] = [];
}

@Settings('models')
export class ModelsSettings {
  /** `merge`: the built-in providers beside those named here. `replace`: these alone. */
  @IsIn(['merge', 'replace'])
  mode: 'merge' | 'replace' = 'merge';

  /** `provider/model` or `provider:model`, for agents that name none. */
  @IsOptional()
  @IsString()
  default?: string;

  /** Where profiles are kept: in files of the state directory, or in the database for several replicas. */
  @Setting({ env: 'MODELS_STORE' })
  @IsIn(['file', 'database'])
  store: 'file' | 'database' = 'file';

  /** Private addresses and CIDR ranges that a base URL may lead to; public ones need no mention. */
  @IsArray()
  @Validate(AddressOrRange, { each: true })
  allowPrivateNetworks: string[] = [];

  @MapOf(() => ModelProviderSettings, {
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    rule: 'must be 1 to 64 letters, digits, ".", "_" or "-"',
  })
  providers: Record<string, ModelProviderSettings> = {};
}

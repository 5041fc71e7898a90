import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
  type ValidationOptions,
} from 'class-validator';
import { SCOPES } from '../kernel/scopes.js';

/** Scopes of the family that this gateway has no use for: a client may ask for them, nobody is given one. */
const FAMILY_SCOPES = ['operator.questions', 'operator.talk', 'operator.talk.secrets'];

/** The rule that comes first is the one that is named when both are broken. */
const Text =
  (most: number, options?: ValidationOptions): PropertyDecorator =>
  (target, property) => {
    IsString(options)(target, property);
    MaxLength(most, options)(target, property);
  };

/** A short text of one line: it is shown to people in lists and logs. */
const Word =
  (options?: ValidationOptions): PropertyDecorator =>
  (target, property) => {
    Text(256, options)(target, property);
    const rule = { ...options, message: 'must not hold control characters' };
    Matches(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, rule)(target, property);
  };

/** Names of what a node can do: they are shown to people, and kept. */
const Words =
  (most: number): PropertyDecorator =>
  (target, property) => {
    IsArray()(target, property);
    ArrayMaxSize(most)(target, property);
    Word({ each: true })(target, property);
  };

const Secret = (): PropertyDecorator => Text(4096);

/** Which program is calling. `name` is the documents' word, `id` the family's. */
export class ClientParams {
  @IsOptional()
  @Word()
  id?: string;

  @IsOptional()
  @Word()
  name?: string;

  @IsOptional()
  @Word()
  version?: string;

  @IsOptional()
  @Word()
  platform?: string;

  @IsOptional()
  @Word()
  mode?: string;

  @IsOptional()
  @Word()
  displayName?: string;

  @IsOptional()
  @Word()
  buildId?: string;

  @IsOptional()
  @Word()
  deviceFamily?: string;

  @IsOptional()
  @Word()
  modelIdentifier?: string;

  @IsOptional()
  @Word()
  timeZone?: string;

  @IsOptional()
  @Word()
  instanceId?: string;
}

/** The secrets that a client shows. */
export class AuthParams {
  @IsOptional()
  @Secret()
  token?: string;

  @IsOptional()
  @Secret()
  password?: string;

  @IsOptional()
  @Secret()
  deviceToken?: string;

  /** Accepted and ignored: the house has one password. */
  @IsOptional()
  @Word()
  username?: string;

  @IsOptional()
  @Secret()
  bootstrapToken?: string;

  @IsOptional()
  @Secret()
  approvalRuntimeToken?: string;

  @IsOptional()
  @Secret()
  agentRuntimeIdentityToken?: string;
}

/** A device's key and its signature over the challenge; all five or none. */
export class DeviceParams {
  @Word()
  id: string;

  @Text(1024)
  publicKey: string;

  @Text(1024)
  signature: string;

  @IsInt()
  signedAt: number;

  @Text(256)
  nonce: string;
}

/** The parameters of `connect`, of both dialects. The list is closed: an unknown key is an error. */
export class ConnectParams {
  @IsOptional()
  @IsInt()
  @Min(1)
  minProtocol?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  maxProtocol?: number;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ClientParams)
  client?: ClientParams;

  /** A word of either dialect; which one it is, is looked at apart. */
  @IsOptional()
  @Word()
  role?: string;

  @IsOptional()
  @IsArray()
  @IsIn([...SCOPES, ...FAMILY_SCOPES], { each: true })
  scopes?: string[];

  @IsOptional()
  @Words(256)
  caps?: string[];

  @IsOptional()
  @Words(1024)
  commands?: string[];

  @IsOptional()
  @IsObject()
  permissions?: Record<string, unknown>;

  @IsOptional()
  @Text(8192)
  pathEnv?: string;

  @IsOptional()
  @Word()
  locale?: string;

  @IsOptional()
  @Text(1024)
  userAgent?: string;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AuthParams)
  auth?: AuthParams;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => DeviceParams)
  device?: DeviceParams;
}

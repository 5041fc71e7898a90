import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { ROLES, type Role, SCOPES, type Scope } from '../kernel/scopes.js';

/** Names of devices: a hash, or what a device without a key calls itself. */
const DEVICE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
const NAME = { message: 'must be a letter or digit and at most 127 more, or any of . _ : -' };

/** The longest grace of a rotation: a week, in milliseconds. */
const LONGEST_GRACE_MS = 7 * 24 * 3600 * 1000;

export class RequestParams {
  @IsUUID()
  requestId: string;
}

export class ApproveParams extends RequestParams {
  /** Grants these of the scopes asked for, and no others. */
  @IsOptional()
  @IsArray()
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];
}

export class DeviceParams {
  @Matches(DEVICE_ID, NAME)
  deviceId: string;
}

export class RenameParams extends DeviceParams {
  @IsString()
  @Length(1, 64)
  label: string;
}

export class DeviceTokenParams extends DeviceParams {
  /** May be left out while the device has one role. */
  @IsOptional()
  @IsIn(ROLES)
  role?: Role;
}

export class RotateParams extends DeviceTokenParams {
  @IsOptional()
  @IsArray()
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];

  /** How long the old token stays good, in milliseconds. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(LONGEST_GRACE_MS)
  graceMs?: number;
}

const WORD = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,256}$/u;
const SHORT = { message: 'must be 1 to 256 characters without control characters' };

/** What a node without a key says of itself, and that it can do. */
export class NodeRequestParams {
  @Matches(DEVICE_ID, NAME)
  nodeId: string;

  @IsOptional()
  @Matches(WORD, SHORT)
  displayName?: string;

  @IsOptional()
  @Matches(WORD, SHORT)
  platform?: string;

  @IsOptional()
  @Matches(WORD, SHORT)
  version?: string;

  @IsOptional()
  @Matches(WORD, SHORT)
  deviceFamily?: string;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(256)
  @Matches(WORD, { each: true, ...SHORT })
  caps?: string[];

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1024)
  @Matches(WORD, { each: true, ...SHORT })
  commands?: string[];

  /** Name → whether its machine grants it. */
  @IsOptional()
  @IsObject()
  permissions?: Record<string, unknown>;

  @IsOptional()
  silent?: unknown;
}

export class NodeClaimParams extends RequestParams {
  @IsString()
  @Length(1, 256)
  claimSecret: string;
}

export class NodeVerifyParams {
  @Matches(DEVICE_ID, NAME)
  nodeId: string;

  @IsString()
  @Length(1, 4096)
  token: string;
}

export class NodeParams {
  @Matches(DEVICE_ID, NAME)
  nodeId: string;
}

export class NodeRenameParams extends NodeParams {
  @IsString()
  @Length(1, 64)
  displayName: string;
}

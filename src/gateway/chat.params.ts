import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';

/** A name that can be printed; spaces are part of some. */
const NAME = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]{1,256}$/u;
const SHORT = { message: 'must be 1 to 256 characters without control characters' };

/** How many images one message may carry (reference G.2). */
const MOST_ATTACHMENTS = 8;

const LONGEST_RUN_MS = 86_400_000;

class SessionParams {
  /** `main`, any name, `agent:<agent>:<name>`, or the id of a session that the caller may see. */
  @IsString()
  @Length(1, 600)
  sessionKey: string;

  /** Whose session it is where the key does not say. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  agentId?: string;
}

/** What a client of the family may send; what is not read here is for agents, and taken without a word. */
export class SendParams extends SessionParams {
  @IsString()
  message: string;

  /** The client's name for the message, and for its run: the same one again is the same message. */
  @IsOptional()
  @Matches(NAME, SHORT)
  idempotencyKey?: string;

  /** Images: `{ type?, mimeType, fileName?, content }`, the content in base64. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MOST_ATTACHMENTS)
  attachments?: unknown[];

  /** How long the answer may take, in milliseconds; 0 or nothing: as configured. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(LONGEST_RUN_MS)
  timeoutMs?: number;

  /** `/model` is text like any other. */
  @IsOptional()
  @IsBoolean()
  suppressCommandInterpretation?: boolean;

  @IsOptional()
  sessionId?: unknown;

  @IsOptional()
  thinking?: unknown;

  @IsOptional()
  deliver?: unknown;

  @IsOptional()
  fastMode?: unknown;

  @IsOptional()
  fastAutoOnSeconds?: unknown;

  @IsOptional()
  originatingChannel?: unknown;

  @IsOptional()
  originatingTo?: unknown;

  @IsOptional()
  originatingAccountId?: unknown;

  @IsOptional()
  originatingThreadId?: unknown;

  @IsOptional()
  systemInputProvenance?: unknown;

  @IsOptional()
  systemProvenanceReceipt?: unknown;

  @IsOptional()
  clarification?: unknown;
}

export class HistoryParams extends SessionParams {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;

  /** The longest text of one message; more is left out. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500_000)
  maxChars?: number;
}

export class AbortParams extends SessionParams {
  /** One answer; default: all that are under way in the session. */
  @IsOptional()
  @Matches(NAME, SHORT)
  runId?: string;
}

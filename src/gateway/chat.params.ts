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
import { FamilyFields } from './family-fields.js';

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

@FamilyFields(`
  sessionId intent thinking fastMode fastAutoOnSeconds queueMode deliver replyToId originatingChannel
  originatingTo originatingAccountId originatingThreadId toolBindings systemInputProvenance
  systemProvenanceReceipt clarification expectedLeafEntryId expectedSessionRoutingContract
  expectedPermissionMode expectedToolOverrides
`)
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
}

@FamilyFields('cursor pendingBefore inputRunIds messageId sessionId')
export class HistoryParams extends SessionParams {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;

  /** How many of the last messages are passed over: `nextOffset` of the page before. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  offset?: number;

  /** The longest text of one message; more is left out. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500_000)
  maxChars?: number;
}

@FamilyFields('preserveSideRuns')
export class AbortParams extends SessionParams {
  /** One answer; default: all that are under way in the session. */
  @IsOptional()
  @Matches(NAME, SHORT)
  runId?: string;
}

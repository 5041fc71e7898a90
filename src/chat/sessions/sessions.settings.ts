import { IsInt, Max, Min } from 'class-validator';
import { Settings } from '../../config/settings.js';

/** Bounds of stored conversations and of what goes on in them. */
@Settings('chat.sessions')
export class SessionsSettings {
  /** Sessions of one owner; beyond them the one that was used longest ago goes. */
  @IsInt()
  @Min(1)
  @Max(100_000)
  maxPerOwner = 1000;

  /** Messages of one session that are kept; beyond them the oldest go. */
  @IsInt()
  @Min(2)
  @Max(100_000)
  maxMessages = 2000;

  /** The longest message, in characters, of a person or of a model. */
  @IsInt()
  @Min(1)
  @Max(10_000_000)
  maxMessageChars = 1_000_000;

  /** Answers that may be under way for one owner, those that wait for their turn among them. */
  @IsInt()
  @Min(1)
  @Max(10_000)
  maxRunsPerOwner = 64;

  /** What those may hold together, in characters of text and of images (base64); one message is always taken. */
  @IsInt()
  @Min(1)
  @Max(10_000_000_000)
  maxPendingCharsPerOwner = 64_000_000;

  /** How long an answer may take when the client says nothing, in milliseconds. */
  @IsInt()
  @Min(1000)
  @Max(86_400_000)
  runTimeoutMs = 600_000;

  /** How long a session that nobody uses is kept, in days; 0: until it is one too many. */
  @IsInt()
  @Min(0)
  @Max(36_500)
  retentionDays = 0;

  /** The context window of a model about which nothing is configured, in tokens. */
  @IsInt()
  @Min(1000)
  @Max(100_000_000)
  contextWindow = 128_000;
}

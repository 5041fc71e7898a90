import { IsInt, Max, Min } from 'class-validator';
import { Settings } from '../config/settings.js';

/** How long the gateway waits for providers, and how much it takes from them. */
@Settings('models.upstream')
export class UpstreamSettings {
  /** For a connection with TLS to be there, in milliseconds. */
  @IsInt()
  @Min(100)
  @Max(120_000)
  connectTimeoutMs = 10_000;

  /** For the first byte of an answer, its head not counted: models think. As patient as OpenAI's own clients. */
  @IsInt()
  @Min(1000)
  @Max(3_600_000)
  firstByteTimeoutMs = 600_000;

  /** For the next piece of an answer that has begun; the time that the caller takes to read does not count. */
  @IsInt()
  @Min(1000)
  @Max(3_600_000)
  idleTimeoutMs = 300_000;

  /** Of an answer that comes at once, in bytes: embeddings can be many. */
  @IsInt()
  @Min(1024)
  @Max(512 * 1024 * 1024)
  maxAnswerBytes = 64 * 1024 * 1024;
}

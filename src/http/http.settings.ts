import { IsBoolean, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { Settings } from '../config/settings.js';

/** Bounds of the HTTP side. */
@Settings('gateway.http')
export class HttpSettings {
  /** Bytes of a request body. */
  @IsInt()
  @Min(1024)
  @Max(104_857_600)
  bodyLimit = 1_048_576;

  /** How long a whole request may take to arrive, in milliseconds. */
  @IsInt()
  @Min(1000)
  @Max(600_000)
  requestTimeoutMs = 30_000;

  /** Refuses to start where credentials would cross a network unencrypted. */
  @IsBoolean()
  requireSecureTransport = false;
}

@Settings('gateway.http.securityHeaders')
export class SecurityHeaderSettings {
  /** Sent to the letter on every response, probes included. Only sensible behind HTTPS. */
  @IsOptional()
  @IsString()
  @Matches(/^[\x20-\x7e]+$/)
  strictTransportSecurity?: string;
}

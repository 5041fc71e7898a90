import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Decisions } from '../auth/decisions.js';
import { Evidence } from '../auth/evidence.js';
import { FailureLimiter } from '../auth/failure-limiter.js';
import { OriginGuard } from '../auth/origin.guard.js';
import { ConfigService } from '../config/config.service.js';
import { Refused } from '../kernel/errors.js';
import { DeviceSources } from './device-sources.js';
import { type Place, WaitingRoom } from './waiting-room.js';
import { WebSocketSettings } from './websocket.settings.js';

/** The paths that are a WebSocket; what stands behind `?` is never read, a token least of all (contract section 3). */
const PATHS = new Set(['/', '/ws']);

/** Node silently drops what comes after its 2000th header, and X-Forwarded-For might be among it (S206). */
const MOST_HEADERS = 1000;

const VERSION_13 = 'unsupported Sec-WebSocket-Version: send 13';

/** Judges an upgrade before there is a socket: where to, where from, and whether there is room. */
@Injectable()
export class UpgradeCheck {
  constructor(
    private readonly config: ConfigService,
    private readonly origins: OriginGuard,
    private readonly limiter: FailureLimiter,
    private readonly room: WaitingRoom,
    private readonly decisions: Decisions,
    private readonly devices: DeviceSources,
  ) {}

  /** The place in the waiting room, which is the caller's to give back. Throws Refused. */
  admit(request: IncomingMessage, requestId: string): Place {
    if (!PATHS.has(request.url!.split('?', 1)[0]!)) throw new Refused('not_found');
    if (request.rawHeaders.length > 2 * MOST_HEADERS) throw new Refused('headers_too_large');
    // Version 8, which ws also takes, has its origin in a header that nobody here looks at.
    if (request.headers['sec-websocket-version'] !== '13')
      throw new Refused('invalid_request', { message: VERSION_13 });

    const evidence = new Evidence('websocket', requestId, request, {}, this.config.current);
    this.origins.check(evidence);

    const { source, config } = evidence;
    const retryAfterMs = this.limiter.blockedFor(source);
    if (retryAfterMs > 0 && !this.devices.has(source)) {
      const refused = new Refused('rate_limited', { retryAfterMs });
      this.decisions.refused(evidence, refused);
      throw refused;
    }
    return this.room.take(source, config.get(WebSocketSettings));
  }
}

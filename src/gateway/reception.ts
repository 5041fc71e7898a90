import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { ConfigService } from '../config/config.service.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { LOG, type Log } from '../kernel/log.js';
import { ConnectGateway } from './connect.gateway.js';
import { Hello } from './hello.js';
import { Lobby } from './lobby.js';
import { Switchboard } from './switchboard.js';
import { WaitingRoom } from './waiting-room.js';
import { WebSocketSettings } from './websocket.settings.js';

/** All that a handshake needs. */
@Injectable()
export class Reception {
  constructor(
    readonly config: ConfigService,
    readonly room: WaitingRoom,
    readonly gateway: ConnectGateway,
    readonly switchboard: Switchboard,
    readonly hello: Hello,
    readonly lobby: Lobby,
    readonly audit: AuditService,
    @Inject(CLOCK) readonly clock: Clock,
    @Inject(LOG) readonly log: Log,
  ) {}

  get connections(): Switchboard['connections'] {
    return this.switchboard.connections;
  }

  get settings(): WebSocketSettings {
    return this.config.current.get(WebSocketSettings);
  }
}

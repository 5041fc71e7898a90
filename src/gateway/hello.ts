import { Inject, Injectable } from '@nestjs/common';
import { MAIN_KEY, sessionKeyText } from '../chat/sessions/session-key.js';
import { catalogue } from '../chat/targets/catalogue.js';
import { ConfigService } from '../config/config.service.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import type { Identity } from '../kernel/identity.js';
import { covers } from '../kernel/scopes.js';
import { VERSION } from '../kernel/version.js';
import type { Connection } from './connection.js';
import { MethodTable } from './method-table.js';
import type { NodeStanding } from './node-abilities.js';
import { presenceView } from './presence.gateway.js';
import { EVENTS, PROTOCOL } from './protocol.js';
import { WebSocketSettings } from './websocket.settings.js';

/** What a client is told when it is in. Names each field: nothing of the host, nothing of other clients (S195). */
@Injectable()
export class Hello {
  private readonly startedAt: number;

  constructor(
    private readonly config: ConfigService,
    private readonly table: MethodTable,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.startedAt = clock.now();
  }

  get uptimeMs(): number {
    return this.clock.now() - this.startedAt;
  }

  /** Where a client that may read begins to talk. */
  private sessionDefaults({ tenantId, scopes }: Identity): object {
    const agent = covers(scopes, 'operator.read') && catalogue(this.config.current, tenantId).defaultAgent;
    if (!agent) return {};
    const mainSessionKey = sessionKeyText({ agent: agent.id, key: MAIN_KEY });
    return { sessionDefaults: { defaultAgentId: agent.id, mainKey: MAIN_KEY, mainSessionKey, scope: 'per-sender' } };
  }

  /** The payload of `hello-ok` (schema: the native protocol 4). `maxProtocol` is what the client asked for; `deviceToken` is for it alone. */
  to(connection: Connection, maxProtocol = PROTOCOL, deviceToken?: string): object {
    const { method, role, scopes } = connection.identity;
    const { maxPayload, maxBufferedBytes, tickIntervalMs } = this.config.current.get(WebSocketSettings);
    return {
      type: 'hello-ok',
      protocol: Math.min(maxProtocol, PROTOCOL),
      server: { version: VERSION, connId: connection.id },
      features: { methods: this.table.namesFor(scopes), events: EVENTS },
      snapshot: {
        presence: [presenceView(connection)],
        health: { ok: true, status: 'live' },
        stateVersion: { presence: 0, health: 0 },
        uptimeMs: this.uptimeMs,
        ...this.sessionDefaults(connection.identity),
      },
      auth: { method, role, scopes, ...(deviceToken !== undefined && { deviceToken, issuedAtMs: this.clock.now() }) },
      ...(connection.node && { node: standingView(connection.node) }),
      policy: { maxPayload, maxBufferedBytes, tickIntervalMs },
    };
  }
}

/** What a node may be used for, and the request for what it declares beyond that (S103). */
function standingView({ usable: { caps, commands, permissions }, requestId }: NodeStanding): object {
  return { caps, commands, permissions, ...(requestId !== undefined && { pendingRequestId: requestId }) };
}

import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuthModule } from '../auth/auth.module.js';
import { ChatModule } from '../chat/chat.module.js';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { CatalogueGateway } from './catalogue.gateway.js';
import { ChatEvents } from './chat-events.js';
import { ChatGateway } from './chat.gateway.js';
import { ConnectGateway } from './connect.gateway.js';
import { Connections } from './connections.js';
import { DeviceGate } from './device-gate.js';
import { DeviceSources } from './device-sources.js';
import { DiscoverGateway } from './discover.gateway.js';
import { HealthGateway } from './health.gateway.js';
import { Hello } from './hello.js';
import { Lobby } from './lobby.js';
import { MethodTable } from './method-table.js';
import { ModelsGateway } from './models.gateway.js';
import { NodeAbilities } from './node-abilities.js';
import { NodePairing } from './node-pairing.js';
import { NodePairingGateway } from './node-pairing.gateway.js';
import { NodesGateway } from './nodes.gateway.js';
import { PairedNodes } from './paired-nodes.js';
import { PairingEvents } from './pairing-events.js';
import { PairingGateway } from './pairing.gateway.js';
import { PresenceGateway } from './presence.gateway.js';
import { Pulse } from './pulse.js';
import { Reception } from './reception.js';
import { SecretsGateway } from './secrets.gateway.js';
import { SessionsGateway } from './sessions.gateway.js';
import { SocketGauges } from './socket-gauges.js';
import { Switchboard } from './switchboard.js';
import { UpgradeCheck } from './upgrade-check.js';
import { WaitingRoom } from './waiting-room.js';

/** Everything that can be called once connected, one gateway for each noun. */
const GATEWAYS = [
  HealthGateway,
  PresenceGateway,
  DiscoverGateway,
  PairingGateway,
  NodePairingGateway,
  NodesGateway,
  SecretsGateway,
  ModelsGateway,
  CatalogueGateway,
  ChatGateway,
  SessionsGateway,
];

/** The WebSocket edge. `WsAdapter` brings its sockets to the HTTP server. */
@Module({
  imports: [DiscoveryModule, AuthModule, CredentialsModule, ChatModule],
  providers: [
    ConnectGateway,
    DeviceGate,
    DeviceSources,
    ...GATEWAYS,
    MethodTable,
    Switchboard,
    SocketGauges,
    Connections,
    Pulse,
    WaitingRoom,
    NodeAbilities,
    NodePairing,
    PairedNodes,
    Lobby,
    PairingEvents,
    ChatEvents,
    UpgradeCheck,
    Reception,
    Hello,
  ],
  exports: [Connections],
})
export class GatewayModule {}

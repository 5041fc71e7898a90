import type { Identity } from '../kernel/identity.js';
import { covers } from '../kernel/scopes.js';
import { VERSION } from '../kernel/version.js';
import { Connections } from './connections.js';
import { Hello } from './hello.js';
import { PROTOCOL } from './protocol.js';
import { Method, RpcGateway } from './rpc.js';
import { WaitingRoom } from './waiting-room.js';

/** Whether the gateway is well. */
@RpcGateway()
export class HealthGateway {
  constructor(
    private readonly hello: Hello,
    private readonly connections: Connections,
    private readonly room: WaitingRoom,
  ) {}

  @Method('health', { scope: 'public', summary: 'Whether the gateway is up.' })
  health(): object {
    return { ok: true, status: 'live' };
  }

  @Method('status', { scope: 'operator.read', summary: 'Version and age of the gateway; how busy it is, for admins.' })
  status(_params: unknown, caller: Identity): object {
    const status = { ok: true, version: VERSION, protocol: PROTOCOL, uptimeMs: this.hello.uptimeMs };
    if (!covers(caller.scopes, 'operator.admin')) return status;
    return { ...status, connections: { open: this.connections.size, waiting: this.room.size } };
  }
}

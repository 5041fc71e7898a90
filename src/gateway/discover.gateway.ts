import { MethodTable } from './method-table.js';
import { type OpenRpc, openRpc } from './open-rpc.js';
import { Method, RpcGateway } from './rpc.js';

/** The gateway's description of itself. */
@RpcGateway()
export class DiscoverGateway {
  private document?: OpenRpc;

  constructor(private readonly table: MethodTable) {}

  @Method('rpc.discover', { scope: 'public', summary: 'This document.' })
  discover(): OpenRpc {
    return (this.document ??= openRpc(this.table.all()));
  }
}

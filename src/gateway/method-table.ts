import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Access } from '../auth/carrier.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { covers, type Scope, SCOPES } from '../kernel/scopes.js';
import type { Connection } from './connection.js';
import type { ParamsClass } from './params.js';
import { declarationsOf, isRpcGateway } from './rpc.js';

/** One line of the table. */
export interface MethodEntry {
  readonly name: string;
  readonly access: Access;
  readonly params?: ParamsClass;
  readonly summary?: string;
  /** The method, bound to its gateway. `params` is an instance of its class, where it has one. */
  readonly call: (params: unknown, caller: Identity, connection: Connection) => unknown;
}

/** Every method that can be called over WebSocket, of all gateways, in one table: what is not in it does not exist. */
@Injectable()
export class MethodTable implements OnModuleInit {
  private readonly entries = new Map<string, MethodEntry>();
  /** By what the caller holds: there are few such sets, and many hellos. */
  private readonly callable = new Map<string, readonly string[]>();

  constructor(private readonly discovery: DiscoveryService) {}

  /** Throws when two methods have one name. */
  onModuleInit(): void {
    for (const { instance, metatype } of this.discovery.getProviders()) {
      if (metatype && instance && isRpcGateway(metatype)) this.addAll(instance as object, metatype);
    }
  }

  /** Throws Refused('unknown_method'). */
  find(name: string): MethodEntry {
    const entry = this.entries.get(name);
    if (!entry) throw new Refused('unknown_method', { message: `unknown method: ${name.slice(0, 128)}` });
    return entry;
  }

  all(): MethodEntry[] {
    return [...this.entries.values()];
  }

  /** Names of the methods that a holder of these scopes may call. */
  namesFor(scopes: readonly Scope[]): readonly string[] {
    const key = SCOPES.filter((scope) => covers(scopes, scope)).join();
    let names = this.callable.get(key);
    if (!names) {
      names = this.all()
        .filter(({ access }) => mayCall(scopes, access))
        .map(({ name }) => name);
      this.callable.set(key, names);
    }
    return names;
  }

  private addAll(gateway: object, type: object): void {
    for (const { name, property, scope = 'operator.admin', params, summary } of declarationsOf(type)) {
      if (this.entries.has(name)) throw new TypeError(`two WebSocket methods are called ${name}`);
      const method = (gateway as Record<string, MethodEntry['call']>)[property]!;
      this.entries.set(name, { name, access: scope, params, summary, call: method.bind(gateway) });
    }
  }
}

export function mayCall(scopes: readonly Scope[], access: Access): boolean {
  return access === 'public' || covers(scopes, access);
}

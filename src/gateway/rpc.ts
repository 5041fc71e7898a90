import { Injectable } from '@nestjs/common';
import type { Access } from '../auth/carrier.js';
import type { ParamsClass } from './params.js';

/** What stands on a method: who may call it, what it takes. */
export interface MethodOptions {
  /** Without one, only `operator.admin` may call it (S119). `public` is for whoever has connected. */
  readonly scope?: Access;
  /** The class of its parameters; without one they are not looked at. */
  readonly params?: ParamsClass;
  /** One line for `rpc.discover`. */
  readonly summary?: string;
}

/** A decorated method, as it is found at start. */
export interface Declaration extends MethodOptions {
  readonly name: string;
  readonly property: string;
}

const GATEWAY = Symbol('rpc:gateway');
const METHODS = Symbol('rpc:methods');

/** A class whose `@Method`s can be called over WebSocket. */
export function RpcGateway(): ClassDecorator {
  return (target) => {
    Injectable()(target);
    Reflect.defineMetadata(GATEWAY, true, target);
  };
}

/**
 * Names a method: `@Method('device.pair.approve', { scope: 'operator.pairing', params: ApproveParams })`. It is called
 * with (params, identity, connection); what it returns or promises is the answer, a thrown Refused the error.
 */
export function Method(name: string, options: MethodOptions = {}): MethodDecorator {
  return (target, property) => {
    const declared = declarationsOf(target.constructor);
    const declaration: Declaration = { ...options, name, property: String(property) };
    Reflect.defineMetadata(METHODS, [...declared, declaration], target.constructor);
  };
}

export function isRpcGateway(type: object): boolean {
  return Reflect.getOwnMetadata(GATEWAY, type) === true;
}

export function declarationsOf(type: object): readonly Declaration[] {
  return (Reflect.getOwnMetadata(METHODS, type) as Declaration[] | undefined) ?? [];
}

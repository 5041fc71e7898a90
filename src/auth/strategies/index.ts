import { DeviceTokenStrategy } from './device-token.strategy.js';
import { GatewayTokenStrategy } from './gateway-token.strategy.js';
import { LoopbackStrategy } from './loopback.strategy.js';
import { PasswordStrategy } from './password.strategy.js';
import { TailscaleStrategy } from './tailscale.strategy.js';
import { TokenStrategy } from './token.strategy.js';
import { TrustedProxyStrategy } from './trusted-proxy.strategy.js';

/** The order is the policy: the first method that knows its caller answers (contract section 3). */
// prettier-ignore
export const STRATEGIES = [
  LoopbackStrategy, //     the machine itself, and only if nothing was forwarded
  DeviceTokenStrategy, //  strongest identity a token can carry
  GatewayTokenStrategy, // a person, for an hour
  TokenStrategy, //        the house key
  PasswordStrategy, //     the house key, spoken
  TailscaleStrategy, //    the network vouches
  TrustedProxyStrategy, // somebody else vouches
] as const;

/** Nest's token for the seven of them, in this order. */
export const AUTH_STRATEGIES = Symbol('AuthStrategies');

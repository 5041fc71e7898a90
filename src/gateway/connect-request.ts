import type { IncomingMessage } from 'node:http';
import { bearerOf } from '../auth/bearer.js';
import type { Presented } from '../auth/evidence.js';
import type { ConnectAttempt } from './connect-attempt.js';
import type { ConnectParams } from './connect.params.js';
import type { ClientInfo } from './connection.js';
import type { AttemptContext } from './native-errors.js';
import { OLDEST_PROTOCOL, PROTOCOL } from './protocol.js';
import { ProtocolMismatch } from './protocol-mismatch.js';

/** Throws ProtocolMismatch unless the range asked for has a version that we speak; no range means ours. */
export function checkProtocol({ minProtocol, maxProtocol = PROTOCOL }: ConnectParams): void {
  const min = minProtocol ?? Math.min(maxProtocol, PROTOCOL);
  if (min <= maxProtocol && min <= PROTOCOL && maxProtocol >= OLDEST_PROTOCOL) return;
  throw new ProtocolMismatch(minProtocol, maxProtocol);
}

/**
 * The secrets that a `connect` shows: those of its params, or, where it names none, the bearer of the upgrade request.
 * An empty secret is none (S060). Never the URL. Throws Refused when the headers contradict themselves.
 */
export function presented({ auth = {} }: ConnectParams, request: IncomingMessage): Presented {
  const token = auth.token || undefined;
  const password = auth.password || undefined;
  const deviceToken = auth.deviceToken || undefined;
  if (token ?? password ?? deviceToken) return { token, password, deviceToken };
  return { token: bearerOf(request) };
}

export function clientInfo({ client = {} }: ConnectParams): ClientInfo {
  const { id, name, version, platform, mode, displayName } = client;
  return { id: id ?? name ?? 'unknown', version, platform, mode, displayName };
}

/** What a refusal may say of the attempt that it answers. */
export function attemptContext(requestId: string, { evidence, params }: ConnectAttempt): AttemptContext {
  const { token, password, deviceToken } = evidence.presented;
  return {
    requestId,
    authProvided: token ? 'token' : deviceToken ? 'device-token' : password ? 'password' : 'none',
    canRetryWithDeviceToken: params.device !== undefined && token !== undefined && deviceToken === undefined,
  };
}

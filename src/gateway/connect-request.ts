import type { IncomingMessage } from 'node:http';
import { bearerOf } from '../auth/bearer.js';
import type { Presented } from '../auth/evidence.js';
import { parseRole } from '../kernel/scopes.js';
import type { ShownDevice } from '../pairing/device-proof.js';
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
export function presented(params: ConnectParams, request: IncomingMessage, challenge: string): Presented {
  const { auth = {} } = params;
  const token = auth.token || undefined;
  const password = auth.password || undefined;
  const deviceToken = auth.deviceToken || undefined;
  const setupToken = auth.bootstrapToken || undefined;
  const device = shownDevice(params, challenge);
  const none = (token ?? password ?? deviceToken ?? setupToken) === undefined;
  return { token: none ? bearerOf(request) : token, password, deviceToken, setupToken, device };
}

/** The device of a `connect`, with all that it signed: to the letter, as the client sent it. */
function shownDevice(params: ConnectParams, challenge: string): ShownDevice | undefined {
  const { device: claim, client = {}, auth = {}, role = 'operator', scopes = [] } = params;
  if (!claim) return undefined;
  const facts = {
    clientId: client.id ?? client.name ?? '',
    clientMode: client.mode ?? '',
    role,
    scopes,
    token: auth.token || auth.deviceToken || auth.bootstrapToken || '',
    platform: client.platform,
    deviceFamily: client.deviceFamily,
  };
  return { claim, facts, challenge, role: parseRole(role) ?? 'operator' };
}

export function clientInfo({ client = {} }: ConnectParams): ClientInfo {
  const { id, name, version, platform, mode, displayName } = client;
  return { id: id ?? name ?? 'unknown', version, platform, mode, displayName };
}

/** What a refusal may say of the attempt that it answers. */
export function attemptContext(requestId: string, { evidence, params }: ConnectAttempt): AttemptContext {
  const { token, password, deviceToken, setupToken } = evidence.presented;
  return {
    requestId,
    authProvided: token
      ? 'token'
      : deviceToken
        ? 'device-token'
        : password
          ? 'password'
          : setupToken
            ? 'bootstrap-token'
            : 'none',
    canRetryWithDeviceToken: params.device !== undefined && token !== undefined && deviceToken === undefined,
  };
}

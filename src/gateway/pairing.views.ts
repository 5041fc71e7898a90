import type { TokenSummary } from '../pairing/device-tokens.service.js';
import type { DeviceRecord } from '../pairing/devices.service.js';
import type { PendingRequest } from '../pairing/pending-requests.js';

/** A device that waits, in the words that clients of the family read. */
export function pendingView(request: PendingRequest): object {
  const { requestId, deviceId, publicKey, displayName, platform, deviceFamily, clientId, clientMode } = request;
  const { role, scopes, remoteAddress, isRepair, code, createdAt, expiresAt } = request;
  return {
    requestId, deviceId, publicKey, displayName, platform, deviceFamily, clientId, clientMode,
    role, roles: [role], scopes, remoteIp: remoteAddress, isRepair, code,
    ts: createdAt.getTime(), expiresAtMs: expiresAt.getTime(),
  }; // prettier-ignore
}

/** A device that was let in: its tokens in outline, never their values. */
export function deviceView(device: DeviceRecord, tokens: readonly TokenSummary[] = []): object {
  const { id, publicKey, displayName, platform, deviceFamily, clientId, clientMode, roles, scopes } = device;
  return {
    deviceId: id, publicKey, displayName, platform, deviceFamily, clientId, clientMode,
    role: roles[0], roles, scopes, remoteIp: device.remoteAddress, approvedBy: device.approvedBy,
    createdAtMs: device.createdAt.getTime(),
    approvedAtMs: device.approvedAt?.getTime(),
    lastSeenAtMs: device.lastSeenAt?.getTime(),
    tokens: tokens.map((token) => ({
      role: token.role, scopes: token.scopes, createdAtMs: token.createdAt.getTime(),
      rotatedAtMs: token.rotatedAt?.getTime(), lastUsedAtMs: token.lastUsedAt?.getTime(),
    })),
  }; // prettier-ignore
}

/** The same as a node of the family: named by `nodeId`. */
export function nodeView(device: DeviceRecord): object {
  return { nodeId: device.id, ...deviceView(device) };
}

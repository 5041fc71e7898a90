import { type Abilities, usable } from '../pairing/abilities.js';
import type { Connected } from '../pairing/connected-devices.js';
import type { TokenSummary } from '../pairing/device-tokens.service.js';
import type { DeviceRecord } from '../pairing/devices.service.js';
import { grantNeeds } from '../pairing/grant-rules.js';
import type { PendingRequest } from '../pairing/pending-requests.js';

/** A device that waits, in the words that clients of the family read. */
export function pendingView(request: PendingRequest): object {
  const { requestId, deviceId, publicKey, displayName, platform, deviceFamily, clientId, clientMode } = request;
  const { role, scopes, remoteAddress, isRepair, code, createdAt, expiresAt } = request;
  return {
    requestId, deviceId, publicKey, displayName, platform, deviceFamily, clientId, clientMode,
    role, roles: [role], scopes, remoteIp: remoteAddress, isRepair, code,
    ts: createdAt.getTime(), expiresAtMs: expiresAt.getTime(),
    ...(role === 'node' && { ...abilities(request), requiredApproveScopes: grantNeeds(role, scopes) }),
  }; // prettier-ignore
}

/** How a device stands at this moment, beside what is kept of it. */
export interface DeviceNow {
  readonly tokens?: readonly TokenSummary[];
  /** Set while it is connected, to whichever gateway. */
  readonly connected?: Connected;
  /** Whether the caller is this very device. */
  readonly self?: boolean;
}

/** A device that was let in: its tokens in outline, never their values. */
export function deviceView(device: DeviceRecord, { tokens = [], connected, self = false }: DeviceNow): object {
  const { id, publicKey, displayName, platform, deviceFamily, clientId, clientMode, roles, scopes } = device;
  return {
    deviceId: id, publicKey, displayName, platform, deviceFamily, clientId, clientMode,
    role: roles[0], roles, scopes, remoteIp: device.remoteAddress, approvedBy: device.approvedBy,
    connected: connected !== undefined, self,
    createdAtMs: device.createdAt.getTime(),
    approvedAtMs: device.approvedAt?.getTime(),
    lastSeenAtMs: device.lastSeenAt?.getTime(),
    tokens: tokens.map((token) => ({
      role: token.role, scopes: token.scopes, createdAtMs: token.createdAt.getTime(),
      rotatedAtMs: token.rotatedAt?.getTime(), lastUsedAtMs: token.lastUsedAt?.getTime(),
    })),
  }; // prettier-ignore
}

/** The same as a node of the family: named by `nodeId`, with what was approved of it and, while connected, what of that it offers. */
export function nodeView(device: DeviceRecord, now: DeviceNow): object {
  const offered = now.connected && { usable: abilities(usable(now.connected, device)) };
  return { nodeId: device.id, ...deviceView(device, now), ...abilities(device), ...offered };
}

/** A node in the list of those that may be used: `commands` are what can be called of it now. */
export function usableNodeView(device: DeviceRecord, { connected }: DeviceNow): object {
  const { id, displayName, platform, deviceFamily, remoteAddress, lastSeenAt, approvedAt } = device;
  return {
    nodeId: id, displayName, platform, deviceFamily, remoteIp: remoteAddress,
    ...abilities(connected ? usable(connected, device) : device),
    paired: true, connected: connected !== undefined,
    approvedAtMs: approvedAt?.getTime(), lastSeenAtMs: lastSeenAt?.getTime(),
  }; // prettier-ignore
}

const abilities = ({ caps, commands, permissions }: Abilities): Abilities => ({ caps, commands, permissions });

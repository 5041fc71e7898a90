import { ago } from './age.js';
import { list, markedScopes } from './device-request.js';
import { fingerprint } from './fingerprint.js';
import type { Row } from './pages.js';
import { table } from './table.js';
import { word } from './terminal.js';

const words = (values: unknown): string => list(values).map(word).join(' ');

/** Requests that wait, with what must be compared before one is approved. */
export function pendingTable(requests: readonly Row[], now: number): string {
  const rows = requests.map((request) => [
    word(request['requestId']),
    word(request['code']),
    fingerprint(request['deviceId']),
    word(request['displayName']),
    word(request['platform']),
    word(request['remoteAddress']),
    ago(request['createdAt'], now),
    `${request['newRole'] === true ? '+' : ''}${word(request['role'])}`,
    markedScopes(request),
  ]);
  return table(['REQUEST', 'CODE', 'DEVICE', 'NAME', 'PLATFORM', 'ADDRESS', 'AGE', 'ROLE', 'SCOPES ASKED'], rows);
}

/** Paired devices. */
export function pairedTable(devices: readonly Row[], now: number): string {
  const rows = devices.map((device) => [
    fingerprint(device['id']),
    word(device['displayName']),
    word(device['platform']),
    words(device['roles']),
    words(device['scopes']),
    ago(device['lastSeenAt'], now) || 'never',
  ]);
  return table(['DEVICE', 'NAME', 'PLATFORM', 'ROLES', 'SCOPES', 'LAST SEEN'], rows);
}

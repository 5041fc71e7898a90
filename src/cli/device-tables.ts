import { ago } from './age.js';
import { record } from './answers.js';
import { list, markedAbilities, markedScopes } from './device-request.js';
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
    markedAbilities(request, 'commands'),
  ]);
  const headings = ['REQUEST', 'CODE', 'DEVICE', 'NAME', 'PLATFORM', 'ADDRESS', 'AGE', 'ROLE', 'SCOPES ASKED'];
  const hasCommands = rows.some((row) => row.at(-1) !== '');
  return hasCommands
    ? table([...headings, 'COMMANDS'], rows)
    : table(
        headings,
        rows.map((row) => row.slice(0, -1)),
      );
}

/** Paired nodes, with the commands that were approved of each. */
export function nodesTable(nodes: readonly Row[], now: number): string {
  const rows = nodes.map((node) => [
    deviceName(node),
    word(node['displayName']),
    word(node['platform']),
    words(record(node['approved'])['commands']),
    seen(node, now),
  ]);
  return table(['NODE', 'NAME', 'PLATFORM', 'COMMANDS', 'LAST SEEN'], rows);
}

/** How a device is called in a list, and whether it is the one that asks. */
const deviceName = ({ id, self }: Row): string => `${fingerprint(id)}${self === true ? ' (this is you)' : ''}`;

const seen = ({ connected, lastSeenAt }: Row, now: number): string =>
  connected === true ? 'connected' : ago(lastSeenAt, now) || 'never';

/** Paired devices. */
export function pairedTable(devices: readonly Row[], now: number): string {
  const rows = devices.map((device) => [
    deviceName(device),
    word(device['displayName']),
    word(device['platform']),
    words(device['roles']),
    words(device['scopes']),
    seen(device, now),
  ]);
  return table(['DEVICE', 'NAME', 'PLATFORM', 'ROLES', 'SCOPES', 'LAST SEEN'], rows);
}

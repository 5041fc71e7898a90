import { record } from './answers.js';
import { ago } from './age.js';
import { CliError, wrongUsage } from './cli-error.js';
import { fingerprint } from './fingerprint.js';
import type { GatewayClient } from './gateway-client.js';
import type { Row } from './pages.js';
import { type Terminal, word } from './terminal.js';

/** Which of the two groups of commands is speaking: nodes are the devices that ask for the role `node`. */
export type Noun = 'devices' | 'nodes';

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The requests that wait, oldest first. */
export async function pendingRequests(client: GatewayClient, noun: Noun): Promise<Row[]> {
  const { items } = record(await client.get('/api/v1/devices/pending'));
  const all = list(items).map(record);
  return noun === 'nodes' ? all.filter(({ role }) => role === 'node') : all;
}

/** Which request is meant: the one that is named, the newest, or the only one. Throws CliError. */
export function chosen(
  requests: readonly Row[],
  { requestId, latest }: { requestId: string | undefined; latest: boolean | undefined },
  noun: Noun,
): Row {
  if (requestId !== undefined && latest) throw wrongUsage('give a request id or --latest, not both');
  if (requestId !== undefined) {
    const found = requests.find((request) => request['requestId'] === requestId);
    if (found) return found;
    throw new CliError(`no such request: ${word(requestId)}`, {
      code: 'not_found',
      nextStep: `It may have ended: they wait five minutes. See: doorward ${noun} ${noun === 'nodes' ? 'pending' : 'list'}`,
    });
  }
  const newest = requests.at(-1);
  if (!newest)
    throw new CliError(`no ${noun} are waiting`, {
      code: 'not_found',
      nextStep: 'Let the device connect once more, then try again.',
    });
  if (!latest && requests.length > 1)
    throw wrongUsage(
      `${requests.length} ${noun} are waiting`,
      `Name one: doorward ${noun} approve <requestId>, or take --latest.`,
    );
  return newest;
}

/** The scopes asked, those that would be new marked by a plus. */
export function markedScopes({ scopes, newScopes }: Row): string {
  return marked(scopes, newScopes);
}

/** What a node declares of one kind (`caps`, `commands`, `permissions`), what would be new marked by a plus. */
export function markedAbilities({ abilities, newAbilities }: Row, kind: string): string {
  return marked(record(abilities)[kind], record(newAbilities)[kind]);
}

function marked(all: unknown, newOnes: unknown): string {
  const fresh = new Set(list(newOnes));
  return list(all)
    .map((one) => (fresh.has(one) ? '+' : '') + word(one))
    .join(' ');
}

const ABILITIES = [
  ['Commands', 'commands'],
  ['Can', 'caps'],
  ['May', 'permissions'],
] as const;

/** What a person must see before letting a device in. */
export function describeRequest(request: Row, terminal: Terminal, now: number): void {
  const name = [request['displayName'], request['platform'], request['clientId']].map(word).filter(Boolean).join(', ');
  const rows: [string, string][] = [
    ['Device', `${terminal.paintTalk('bold', fingerprint(request['deviceId']))}${name === '' ? '' : `  ${name}`}`],
    ['Code', `${terminal.paintTalk('bold', word(request['code']))}  the device shows the same`],
    ['Address', word(request['remoteAddress']) || 'unknown'],
    ['Role', `${request['newRole'] === true ? '+' : ''}${word(request['role'])}`],
    ['Scopes', markedScopes(request) || 'none'],
    ...ABILITIES.map(([heading, kind]): [string, string] => [heading, markedAbilities(request, kind)]).filter(
      ([, names]) => names !== '',
    ),
    [
      'Asked',
      `${ago(request['createdAt'], now)} ago${request['isRepair'] === true ? ', and it was paired before' : ''}`,
    ],
  ];
  for (const [heading, value] of rows) terminal.say(`  ${heading.padEnd(8)}  ${value}`);
  const fresh = Object.values(record(request['newAbilities'])).some((names) => list(names).length > 0);
  if (list(request['newScopes']).length > 0 || request['newRole'] === true || fresh)
    terminal.say('  (+ is what it has not had so far)');
}

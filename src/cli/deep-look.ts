import { join } from 'node:path';
import { codeOf } from '../config/file-reason.js';
import type { SecurityFinding } from '../config/security-check.js';
import { record } from './answers.js';
import { CliError } from './cli-error.js';
import type { World } from './command.js';
import { fileTail } from './file-tail.js';
import { GatewayClient } from './gateway-client.js';
import { allItems, type Row } from './pages.js';
import type { DeepLook } from './security-report.js';
import { findGateway, findTarget, requireCredential, type TargetOptions } from './target.js';

const DAY_MS = 86_400_000;
const LONG_DAYS = 365;
const UNUSED_DAYS = 90;
/** What the gateway says when a proxy speaks that it does not know; a log is looked through from its end. */
const STRANGE_PROXY = 'forwarding headers come from an address that gateway.trustedProxies does not list';
const LOG_TAIL = 4 * 1024 * 1024;

/** Asks the running gateway about its tokens, devices and secrets, and its log about proxies that nobody has listed. */
export async function deepLook(options: TargetOptions, world: World): Promise<DeepLook> {
  const fromLog = options.url === undefined ? strangeProxies((await findGateway(options, world)).stateDir) : [];
  const client = new GatewayClient(requireCredential(await findTarget(options, world)));
  const looks = [
    ['tokens', async () => longTokens(await allItems(client, '/api/v1/tokens'))],
    ['devices', async () => unusedDevices(await allItems(client, '/api/v1/devices'))],
    ['secrets', async () => failingSecrets(record(await client.get('/api/v1/secrets')))],
  ] as const;
  const findings: SecurityFinding[] = [...fromLog];
  const unmeasured: string[] = [];
  for (const [what, look] of looks) {
    try {
      findings.push(...(await look()));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      unmeasured.push(`${what} of the running gateway: ${error.message}`);
    }
  }
  return { findings, unmeasured };
}

function longTokens(tokens: readonly Row[]): SecurityFinding[] {
  const live = tokens.filter(({ revokedAt, expiresAt }) => !revokedAt && !(Date.parse(String(expiresAt)) < Date.now()));
  const long = live.filter(({ createdAt, expiresAt }) => {
    const life = Date.parse(String(expiresAt)) - Date.parse(String(createdAt));
    return expiresAt === null || expiresAt === undefined || life > LONG_DAYS * DAY_MS;
  });
  if (long.length === 0) return [];
  return [
    {
      code: 'tokens_without_end',
      severity: 'warn',
      title: `Gateway tokens last for more than ${LONG_DAYS} days, or for ever`,
      evidence: named(long.map(({ label, id }) => String(label ?? id))),
      remedy: 'issue them anew with --expires-in, then: doorward tokens revoke <id>',
    },
  ];
}

function unusedDevices(devices: readonly Row[]): SecurityFinding[] {
  const since = Date.now() - UNUSED_DAYS * DAY_MS;
  const unused = devices.filter(({ lastSeenAt, tokens }) => {
    const hasToken = !Array.isArray(tokens) || tokens.length > 0;
    return hasToken && typeof lastSeenAt === 'string' && Date.parse(lastSeenAt) < since;
  });
  if (unused.length === 0) return [];
  return [
    {
      code: 'devices_unused',
      severity: 'info',
      title: `Devices that may come in have not done so for ${UNUSED_DAYS} days`,
      evidence: named(unused.map(({ name, id }) => String(name ?? id))),
      remedy: 'see whether they are still in use, else: doorward devices revoke <id>',
    },
  ];
}

function failingSecrets({ health }: Row): SecurityFinding[] {
  if (record(health)['state'] !== 'degraded') return [];
  return [
    {
      code: 'secrets_degraded',
      severity: 'warn',
      title: 'The gateway lives on secrets of before, since it cannot have them anew',
      evidence: 'GET /api/v1/secrets says "degraded"',
      remedy: 'see why: doorward secrets reload',
    },
  ];
}

/** Behind a proxy that is not listed, callers may look as if they were on this machine (reference I.1). */
function strangeProxies(stateDir: string): SecurityFinding[] {
  const file = join(stateDir, 'logs', 'gateway.log');
  if (!tailOf(file).includes(STRANGE_PROXY)) return [];
  return [
    {
      code: 'proxy_not_listed',
      severity: 'warn',
      title: 'Something forwards requests to the gateway that is not listed as a proxy',
      evidence: `${file} tells of forwarding headers from an address that gateway.trustedProxies does not list`,
      remedy: 'list it in gateway.trustedProxies if it is yours; else find out who it is',
    },
  ];
}

function tailOf(file: string): string {
  try {
    return fileTail(file, LOG_TAIL);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EACCES') return '';
    throw error;
  }
}

const named = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');

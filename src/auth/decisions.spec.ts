import type { AuditService } from '../audit/audit.service.js';
import { ConfigSnapshot } from '../config/settings.js';
import { systemClock } from '../kernel/clock.js';
import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { type Log, SILENT_LOG } from '../kernel/log.js';
import { NO_METRICS } from '../../test/helpers/no-metrics.js';
import { DecisionTrace } from './decision-trace.js';
import { Decisions } from './decisions.js';
import type { Evidence } from './evidence.js';

const evidence = {
  requestId: 'r',
  surface: 'http',
  client: '192.0.2.1',
  peer: '192.0.2.1',
  headers: {},
  config: new ConfigSnapshot(1, new Map()),
} as unknown as Evidence;

/** Each thing of an identity that is read for a line of the log is noted in `read`. */
function watched(read: string[]): Identity {
  const identity = { method: 'token', subject: 's', tenantId: HOUSE_TENANT, role: 'operator', scopes: [] };
  return new Proxy(identity as unknown as Identity, {
    get: (target, name: keyof Identity) => {
      read.push(name);
      return target[name];
    },
  });
}

it.each([
  ['a log that hears everything', true, 1],
  ['a log that does not say whether it does', undefined, 1],
  ['a log that does not', false, 0],
])('who comes in is told to %s', (_what, isVerbose, lines) => {
  const told: string[] = [];
  const read: string[] = [];
  const log: Log = { ...SILENT_LOG, isVerbose, debug: (message) => told.push(message) };
  const decisions = new Decisions(new DecisionTrace(), {} as AuditService, systemClock, log, NO_METRICS);

  decisions.accepted(evidence, [], watched(read));
  expect(told).toEqual(Array.from({ length: lines }, () => 'auth ok'));
  expect(read.includes('subject')).toBe(lines > 0);
});

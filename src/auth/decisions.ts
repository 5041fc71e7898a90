import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { trustedProxies } from '../config/gateway.settings.js';
import type { ConfigSnapshot } from '../config/settings.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { Refused } from '../kernel/errors.js';
import { type Identity, whoInLog } from '../kernel/identity.js';
import { LOG, type Log } from '../kernel/log.js';
import { type Counter, METRICS, type Metrics } from '../kernel/metrics.js';
import { wasForwarded } from '../kernel/net.js';
import { DecisionTrace } from './decision-trace.js';
import type { Evidence } from './evidence.js';
import { noteRefusal } from './refusal-row.js';
import type { Step } from './trail.js';

/** Where every guard says what it decided: into the trace, and a refusal into log and audit as well (contract sections 3 and 10). */
@Injectable()
export class Decisions {
  /** The configuration under which a proxy that is not listed was told of. */
  private told?: ConfigSnapshot;
  private readonly counter: Counter;

  constructor(
    private readonly traces: DecisionTrace,
    private readonly audit: AuditService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.counter = metrics.counter({
      name: 'doorward_auth_decisions_total',
      help: 'Callers judged, by where they came, the method that knew or refused them, and the code that they were told',
      labels: ['surface', 'method', 'outcome'],
    });
  }

  /** Somebody is known. Whether they may do what they came for is decided later. */
  accepted(evidence: Evidence, steps: readonly Step[], identity: Identity): void {
    const { requestId, surface, client, peer } = evidence;
    this.tellOfProxy(evidence);
    this.counter.add([surface, identity.method, 'ok']);
    this.traces.record({ requestId, at: this.clock.now(), surface, client, peer, steps, identity });
    // One line for every request: for whoever asked for every decision (--verbose).
    if (this.log.isVerbose !== false)
      this.log.debug('auth ok', { event: 'auth.ok', requestId, surface, ...whoInLog(identity) });
  }

  /** Somebody is refused, by whichever guard: before any method was asked, by all of them, or for want of a scope. */
  refused(evidence: Evidence, error: unknown, steps: readonly Step[] = [], identity?: Identity): void {
    const { requestId, surface, client, peer } = evidence;
    const code = error instanceof Refused ? error.code : 'internal_error';
    this.tellOfProxy(evidence);
    this.traces.record({ requestId, at: this.clock.now(), surface, client, peer, steps, identity, code });

    const method = steps.findLast((step) => step.verdict !== 'not presented')?.method;
    this.counter.add([surface, method ?? 'none', code]);
    const about = { event: 'auth.failed', outcome: 'refused', requestId, code, method, surface };
    noteRefusal(this.audit, { evidence, code, method, identity });
    const fields = { ...about, ...(identity && whoInLog(identity)), clientIp: client ?? 'unknown', peer };
    // A locked address is in the log once, by its lock; a line for each of its knocks would let it fill the disk.
    if (code === 'rate_limited') this.log.debug('auth failed', fields);
    else this.log.warn('auth failed', fields);
  }

  /**
   * Behind a proxy that is not listed all callers are remote, and count as one at its address. Whoever runs it should
   * hear of that, once under each configuration (S045). Tailscale Serve is no such proxy: it is known by other means.
   */
  private tellOfProxy({ peer, headers, config }: Evidence): void {
    if (config === this.told || !wasForwarded(headers) || headers['tailscale-user-login'] !== undefined) return;
    if (config.once(trustedProxies).has(peer)) return;
    this.told = config;
    this.log.warn('forwarding headers come from an address that gateway.trustedProxies does not list', { peer });
  }
}

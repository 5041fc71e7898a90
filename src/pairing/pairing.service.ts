import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import type { Scope } from '../kernel/scopes.js';
import { Changes } from '../storage/changes.js';
import { Database } from '../storage/database.js';
import type { PairingStatus } from '../storage/entities/pairing-request.js';
import { NO_ABILITIES } from './abilities.js';
import { actorOf } from './actor.js';
import { type DeviceRecord, DevicesService } from './devices.service.js';
import { DEFAULT_SCOPES, mayGrant, mayManage, refusedGrant } from './grant-rules.js';
import { newPairingCode } from './pairing-code.js';
import { type PairingPlea, PENDING_COLUMNS, type PendingRequest, refuseFlood, samePlea } from './pending-requests.js';

/** How long a plea waits for a person (reference D.2). */
const PLEA_LIFE = `interval '5 minutes'`;

export const UNKNOWN_REQUEST = 'unknown requestId';

/** Devices that want in, and people who decide. Every decision is one transaction, with its line in the audit. */
@Injectable()
export class PairingService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly devices: DevicesService,
    private readonly changes: Changes,
  ) {}

  /**
   * Asks for a device. The same plea again is the same request; another one of the same device takes its place.
   * Throws Refused: 'too_many_requests' when its source or its tenant has too many open (S095), 'conflict' for one
   * without a key while the device waits with its own.
   */
  async request(plea: PairingPlea, manager?: EntityManager): Promise<PendingRequest> {
    return manager ? this.enter(plea, manager) : this.database.transaction((own) => this.enter(plea, own));
  }

  /** The open requests that `caller` may see, oldest first. */
  async pending(caller: Identity): Promise<PendingRequest[]> {
    const rows = await this.database.asTenant(caller.tenantId, (manager) =>
      manager.query<PendingRequest[]>(
        `SELECT ${PENDING_COLUMNS} FROM pairing_requests
          WHERE tenant_id = $1 AND status = 'pending' AND expires_at > now() ORDER BY created_at, id LIMIT 500`,
        [caller.tenantId],
      ),
    );
    return rows.filter(({ deviceId }) => mayManage(caller, deviceId));
  }

  /**
   * Lets a device in, with what it asked for or, given `scopes`, with less. Throws Refused: 'missing_scope' when the
   * granter does not hold what would be granted, 'not_found' for whatever is not open any more (S105).
   */
  approve(requestId: string, granter: Identity, scopes?: readonly Scope[]): Promise<DeviceRecord> {
    return this.grant(requestId, granter, (request) => ({
      ...request,
      scopes: scopes ? request.scopes.filter((scope) => scopes.includes(scope)) : request.scopes,
    }));
  }

  /**
   * Lets a device in without a person having looked: with what it asked for, but for what a node declares, which is
   * looked at by one (S103). Throws as `approve` does.
   */
  approveInSilence(requestId: string, granter: Identity): Promise<DeviceRecord> {
    return this.grant(requestId, granter, (request) => ({ ...request, ...NO_ABILITIES }));
  }

  private async grant(
    requestId: string,
    granter: Identity,
    narrowed: (request: PendingRequest) => PendingRequest,
  ): Promise<DeviceRecord> {
    const outcome = await this.database.asTenant(granter.tenantId, async (manager) => {
      const request = await this.open(requestId, granter, manager);
      const admission = narrowed(request);
      const { scopes: granted, commands } = admission;
      const refused = refusedGrant(granter, request.role, granted);
      if (refused) {
        // Thrown after the commit: who tried to give away more than they hold is worth a line (S087).
        await this.record('device.approval-refused', request, granter, manager, { missing: refused.detail.scope });
        return refused;
      }

      await decide(requestId, 'approved', granter, manager);
      const device = await this.devices.admit(admission, actorOf(granter), manager);
      const given = { scopes: granted, ...(commands.length > 0 && { commands }) };
      await this.record('device.approved', request, granter, manager, given);
      return device;
    });
    if (outcome instanceof Refused) throw outcome;
    return outcome;
  }

  /** Turns a device away. Final for this request; it may ask again. Throws as `approve` does. */
  async reject(requestId: string, decider: Identity): Promise<PendingRequest> {
    return this.database.asTenant(decider.tenantId, async (manager) => {
      const request = await this.open(requestId, decider, manager);
      mayGrant(decider, 'operator', []);
      await decide(requestId, 'rejected', decider, manager);
      await this.record('device.rejected', request, decider, manager);
      return request;
    });
  }

  /** What became of a request, for those who are told of it; undefined when there is none. */
  async outcome(requestId: string): Promise<{ request: PendingRequest; status: PairingStatus } | undefined> {
    const [row] = await this.database.query<PendingRequest & { status: PairingStatus }>(
      `SELECT ${PENDING_COLUMNS}, status FROM pairing_requests WHERE id = $1`,
      [requestId],
    );
    if (!row) return undefined;
    const { status, ...request } = row;
    return { request, status };
  }

  /** Calls `listener` with each request that was made or decided, on whichever replica. Returns the way to stop. */
  onChange(listener: (requestId: string) => void): () => void {
    return this.changes.subscribe(({ kind, id }) => {
      if (kind === 'pairing-request') listener(id);
    });
  }

  private async enter(plea: PairingPlea, manager: EntityManager): Promise<PendingRequest> {
    const scopes = plea.scopes?.length ? [...new Set(plea.scopes)] : DEFAULT_SCOPES[plea.role];
    const { caps, commands, permissions } = plea.abilities ?? NO_ABILITIES;
    // One plea of a device at a time, on every replica: two at once would both find no other.
    await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('pairing:' || $1, 0))`, [plea.deviceId]);
    const [open] = await manager.query<PendingRequest[]>(
      `SELECT ${PENDING_COLUMNS} FROM pairing_requests
        WHERE device_id = $1 AND tenant_id = $2 AND status = 'pending' AND expires_at > now() FOR UPDATE`,
      [plea.deviceId, plea.tenantId],
    );
    if (open && samePlea(open, plea, scopes)) return open;
    // Who waits with a key proves itself by it: nobody without one ends its request by naming the device.
    if (open?.publicKey && plea.publicKey === undefined)
      throw new Refused('conflict', { message: 'this device has a key: let it sign in with that' });

    await manager.query(
      `UPDATE pairing_requests SET status = CASE WHEN expires_at > now() THEN 'superseded' ELSE 'expired' END, decided_at = now()
        WHERE device_id = $1 AND tenant_id = $2 AND status = 'pending'`,
      [plea.deviceId, plea.tenantId],
    );
    await refuseFlood(plea, manager);
    const known = await this.devices.findWith(manager, plea.deviceId);
    const [entered] = await manager.query<PendingRequest[]>(
      `INSERT INTO pairing_requests (tenant_id, device_id, public_key, display_name, platform, device_family, client_id,
              client_mode, role, scopes, remote_address, is_repair, code, caps, commands, permissions, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, now() + ${PLEA_LIFE}) RETURNING ${PENDING_COLUMNS}`,
      [
        plea.tenantId,
        plea.deviceId,
        plea.publicKey ?? null,
        plea.displayName ?? null,
        plea.platform ?? null,
        plea.deviceFamily ?? null,
        plea.clientId ?? null,
        plea.clientMode ?? null,
        plea.role,
        scopes,
        plea.source,
        known?.tenantId === plea.tenantId,
        newPairingCode(),
        caps,
        commands,
        permissions,
      ],
    );
    return entered!;
  }

  /** The open request, locked until the transaction ends; one and the same error for all that cannot be decided. */
  private async open(requestId: string, caller: Identity, manager: EntityManager): Promise<PendingRequest> {
    const [request] = await manager.query<PendingRequest[]>(
      `SELECT ${PENDING_COLUMNS} FROM pairing_requests
        WHERE id = $1 AND tenant_id = $2 AND status = 'pending' AND expires_at > now() FOR UPDATE`,
      [requestId, caller.tenantId],
    );
    if (!request || !mayManage(caller, request.deviceId)) throw new Refused('not_found', { message: UNKNOWN_REQUEST });
    return request;
  }

  private record(
    action: string,
    { deviceId, requestId, role, scopes }: PendingRequest,
    caller: Identity,
    manager: EntityManager,
    detail: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const what = { pairingRequest: requestId, role, scopes, ...detail };
    return this.audit.append(
      { tenantId: caller.tenantId, actor: actorOf(caller), action, target: `device:${deviceId}`, detail: what },
      manager,
    );
  }
}

async function decide(id: string, status: string, caller: Identity, manager: EntityManager): Promise<void> {
  await manager.query(`UPDATE pairing_requests SET status = $2, decided_at = now(), decided_by = $3 WHERE id = $1`, [
    id,
    status,
    actorOf(caller),
  ]);
}

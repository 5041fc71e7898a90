import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { LOG, type Log } from '../kernel/log.js';
import type { Role, Scope } from '../kernel/scopes.js';
import { Changes } from '../storage/changes.js';
import { Database } from '../storage/database.js';
import { type CachedRow, RowCache } from '../storage/row-cache.js';
import type { Abilities } from './abilities.js';
import { ADMIT, DEVICE_COLUMNS, FROM_DEVICES } from './device-rows.js';
import { mayManage, onlyDevice } from './grant-rules.js';
import type { PendingRequest } from './pending-requests.js';

/** A paired device: what was approved for it, not what it asks for. */
export interface DeviceRecord extends Abilities {
  readonly id: string;
  readonly tenantId: string;
  readonly publicKey: string | null;
  readonly displayName: string | null;
  readonly platform: string | null;
  readonly deviceFamily: string | null;
  readonly clientId: string | null;
  readonly clientMode: string | null;
  readonly roles: readonly Role[];
  readonly scopes: readonly Scope[];
  readonly remoteAddress: string | null;
  readonly createdAt: Date;
  readonly approvedAt: Date | null;
  readonly approvedBy: string | null;
  readonly lastSeenAt: Date | null;
  readonly revoked: boolean;
}

const SEEN_EVERY_MS = 5000;

/** What is known of a device that is let in, and what it is given. */
export type Admission = Omit<PendingRequest, 'requestId' | 'isRepair' | 'code' | 'createdAt' | 'expiresAt'>;

type CachedDevice = DeviceRecord & CachedRow;

/** Devices that are in service, or were. */
@Injectable()
export class DevicesService {
  private readonly cache: RowCache<CachedDevice>;
  /** Who has been here since the last note, and from where. */
  private readonly visits = new Map<string, string>();

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    changes: Changes,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.cache = new RowCache(changes, 'device', (id) => this.fetch(id));
  }

  /** Whether there is a database to keep devices in. */
  get exist(): boolean {
    return this.database.mode !== 'none';
  }

  /** A device, in service or revoked; undefined when it was never paired. At once when known. */
  find(id: string): DeviceRecord | undefined | Promise<DeviceRecord | undefined> {
    return this.cache.get(id);
  }

  /** A device in service that `caller` may see. Throws Refused('not_found') for every other. */
  async get(id: string, caller: Identity): Promise<DeviceRecord> {
    const device = await this.database.asTenant(caller.tenantId, (manager) => this.findWith(manager, id));
    if (!device || device.revoked || device.tenantId !== caller.tenantId || !mayManage(caller, id)) {
      throw new Refused('not_found', { message: 'unknown deviceId' });
    }
    return device;
  }

  /** The devices in service of the caller's tenant, newest first; `after` is the id of the last one seen. */
  list(caller: Identity, limit: number, after?: string): Promise<DeviceRecord[]> {
    return this.database.asTenant(caller.tenantId, (manager) =>
      manager.query<DeviceRecord[]>(
        `SELECT ${DEVICE_COLUMNS} ${FROM_DEVICES} WHERE d.tenant_id = $1 AND d.revoked_at IS NULL
            AND ($3::text IS NULL OR (d.created_at, d.id) < (SELECT created_at, id FROM devices WHERE id = $3 AND tenant_id = $1))
            AND ($4::text IS NULL OR d.id = $4)
          ORDER BY d.created_at DESC, d.id DESC LIMIT $2`,
        [caller.tenantId, limit, after ?? null, onlyDevice(caller) ?? null],
      ),
    );
  }

  /** Gives a device the name that people see. */
  async rename(id: string, displayName: string, caller: Identity): Promise<DeviceRecord> {
    await this.get(id, caller);
    await this.database.asTenant(caller.tenantId, async (manager) => {
      const renamed = await manager.query<unknown[]>(
        `WITH renamed AS (UPDATE devices SET display_name = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id)
         SELECT id FROM renamed`,
        [id, displayName],
      );
      if (renamed.length === 0) throw new Refused('not_found', { message: 'unknown deviceId' });
      await this.record('device.renamed', id, caller, manager, { displayName });
    });
    return this.get(id, caller);
  }

  /** Takes a device out of service, with all its tokens and sockets. Only a person lets it in again. */
  async remove(id: string, caller: Identity): Promise<void> {
    await this.get(id, caller);
    await this.database.asTenant(caller.tenantId, async (manager) => {
      const gone = await manager.query<unknown[]>(
        `WITH gone AS (UPDATE devices SET revoked_at = now(), roles = '{}', approved_scopes = '{}'
           WHERE id = $1 AND revoked_at IS NULL RETURNING id) SELECT id FROM gone`,
        [id],
      );
      if (gone.length === 0) throw new Refused('not_found', { message: 'unknown deviceId' });
      await manager.query(`UPDATE device_tokens SET revoked_at = now() WHERE device_id = $1 AND revoked_at IS NULL`, [
        id,
      ]);
      await this.record('device.removed', id, caller, manager);
    });
  }

  /**
   * Puts an approved device into service, within the transaction of the approval: what it had stays, what is new is
   * added. One that was revoked begins anew.
   */
  async admit(request: Admission, approvedBy: string, manager: EntityManager): Promise<DeviceRecord> {
    const { deviceId, tenantId, publicKey, displayName, platform, deviceFamily, clientId, clientMode } = request;
    const { caps, commands, permissions } = request;
    const admitting = manager.query(ADMIT, [
      deviceId,
      tenantId,
      publicKey,
      displayName,
      platform,
      deviceFamily,
      clientId,
      clientMode,
      [request.role],
      request.scopes,
      request.remoteAddress,
      approvedBy,
      caps,
      commands,
      permissions,
    ]);
    await admitting.catch(unlessElsewhere);
    const device = await this.findWith(manager, deviceId);
    // The same key in another tenant: a device has one home.
    if (device?.tenantId !== tenantId) throw elsewhere();
    return device;
  }

  /** Notes that a device has been here: many in one write, a little later, and never waited for. */
  seen(id: string, remoteAddress: string): void {
    if (this.visits.size === 0) this.clock.after(SEEN_EVERY_MS, () => void this.noteVisits());
    this.visits.set(id, remoteAddress);
  }

  private record(
    action: string,
    id: string,
    { tenantId, method, subject }: Identity,
    manager: EntityManager,
    detail: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const actor = `${method}:${subject}`;
    return this.audit.append({ tenantId, actor, action, target: `device:${id}`, detail }, manager);
  }

  private async noteVisits(): Promise<void> {
    const visits = [...this.visits];
    this.visits.clear();
    const [ids, addresses] = [visits.map(([id]) => id), visits.map(([, address]) => address)];
    try {
      await this.database.query(
        `UPDATE devices d SET last_seen_at = now(), remote_address = v.address
           FROM unnest($1::text[], $2::text[]) AS v (id, address) WHERE d.id = v.id`,
        [ids, addresses],
      );
    } catch (error) {
      this.log.debug('devices not noted as seen', { error });
    }
  }

  /** As `find`, within a transaction, and never from memory. */
  async findWith(manager: EntityManager, id: string): Promise<DeviceRecord | undefined> {
    const [row] = await manager.query<DeviceRecord[]>(`SELECT ${DEVICE_COLUMNS} ${FROM_DEVICES} WHERE d.id = $1`, [id]);
    return row;
  }

  /** As the rows say now, past every cache: asked after a notice. */
  look(id: string): Promise<DeviceRecord | undefined> {
    return this.fetch(id);
  }

  private async fetch(id: string): Promise<CachedDevice | undefined> {
    const [row] = await this.database.query<DeviceRecord>(`SELECT ${DEVICE_COLUMNS} ${FROM_DEVICES} WHERE d.id = $1`, [
      id,
    ]);
    return (
      row && {
        ...row,
        concerns: [
          { kind: 'device', id: row.id },
          { kind: 'tenant', id: row.tenantId },
        ],
      }
    );
  }
}

const elsewhere = (): Refused => new Refused('conflict', { message: 'this device belongs elsewhere' });

/** The row to be changed is another tenant's: where it cannot be seen, PostgreSQL says so in its own words. */
function unlessElsewhere(error: unknown): never {
  const { code } = (error as { readonly driverError?: { readonly code?: unknown } }).driverError ?? {};
  throw code === '42501' ? elsewhere() : error;
}

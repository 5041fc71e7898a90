import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { Refused } from '../kernel/errors.js';
import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { Database } from '../storage/database.js';
import type { TenantStatus } from '../storage/entities/tenant.js';
import { by, unknownTenant, workingIn } from './people/acting.js';

/** A tenant, and how many people it has. */
export interface TenantRecord {
  readonly id: string;
  readonly name: string;
  readonly status: TenantStatus;
  readonly createdAt: Date;
  readonly users: number;
}

export interface TenantFilter {
  readonly status?: TenantStatus;
  /** Part of the name, in whatever case. */
  readonly q?: string;
}

export interface TenantChange {
  readonly name?: string;
  readonly status?: TenantStatus;
}

const RECORDS = `
  SELECT t.id, t.name, t.status, t.created_at AS "createdAt",
         (SELECT count(*)::int FROM users u WHERE u.tenant_id = t.id AND u.status <> 'deleted') AS users
    FROM tenants t`;

/** Customers of the installation. The house makes, suspends and sees them all; a tenant sees and names itself. */
@Injectable()
export class TenantsService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
  ) {}

  /** A page of all tenants, newest first: for the house alone, which the route sees to. */
  async list({ status, q }: TenantFilter, limit: number, after?: string): Promise<TenantRecord[]> {
    return this.database.query<TenantRecord>(
      `${RECORDS} WHERE ($2::uuid IS NULL OR (t.created_at, t.id) < (SELECT created_at, id FROM tenants WHERE id = $2))
          AND ($3::text IS NULL OR t.status = $3)
          AND ($4::text IS NULL OR position(lower($4) IN lower(t.name)) > 0)
        ORDER BY t.created_at DESC, t.id DESC LIMIT $1`,
      [limit, after ?? null, status ?? null, q ?? null],
    );
  }

  /** The caller's own tenant, or for the house any. Throws Refused('not_found'). */
  async get(id: string, caller: Identity): Promise<TenantRecord> {
    return this.database.asTenant(workingIn(caller, id), (manager) => read(id, manager));
  }

  /** Makes a tenant without people: for the house alone. An owner comes in by an invitation. */
  async create(name: string, caller: Identity, requestId?: string): Promise<TenantRecord> {
    return this.database.transaction(async (manager) => {
      const [{ id }] = await manager.query<[{ id: string }]>(`INSERT INTO tenants (name) VALUES ($1) RETURNING id`, [
        name,
      ]);
      await this.record('tenant.created', id, { name }, caller, requestId, manager);
      return read(id, manager);
    });
  }

  /**
   * Names a tenant anew; the house also suspends it and lets it in again. A suspension ends all that is open of it at
   * once, everywhere; nothing is lost by it. Throws Refused: 'not_found', 'missing_scope' for a status that is not the
   * caller's to give, 'conflict' for the house itself.
   */
  async change(
    id: string,
    { name, status }: TenantChange,
    caller: Identity,
    requestId?: string,
  ): Promise<TenantRecord> {
    workingIn(caller, id);
    if (status === undefined) return this.rename(id, name, caller, requestId);
    if (caller.tenantId !== HOUSE_TENANT) throw new Refused('missing_scope', { scope: 'operator.admin' });
    if (id === HOUSE_TENANT && status === 'suspended')
      throw new Refused('conflict', { message: 'the house itself cannot be suspended' });

    return this.database.transaction(async (manager) => {
      const before = await read(id, manager, 'FOR NO KEY UPDATE');
      if (before.status !== status) {
        await manager.query(`UPDATE tenants SET status = $2 WHERE id = $1`, [id, status]);
        const action = status === 'active' ? 'tenant.activated' : 'tenant.suspended';
        await this.record(action, id, { name: before.name }, caller, requestId, manager);
      }
      await this.nameAnew(before, name, caller, requestId, manager);
      return read(id, manager);
    });
  }

  private rename(id: string, name: string | undefined, caller: Identity, requestId?: string): Promise<TenantRecord> {
    const work = async (manager: EntityManager): Promise<TenantRecord> => {
      await this.nameAnew(await read(id, manager, 'FOR NO KEY UPDATE'), name, caller, requestId, manager);
      return read(id, manager);
    };
    // The house writes into its own audit too, and so has not entered the tenant.
    return caller.tenantId === id ? this.database.asTenant(id, work) : this.database.transaction(work);
  }

  private async nameAnew(
    { id, name: before }: TenantRecord,
    name: string | undefined,
    caller: Identity,
    requestId: string | undefined,
    manager: EntityManager,
  ): Promise<void> {
    if (name === undefined || name === before) return;
    await manager.query(`UPDATE tenants SET name = $2 WHERE id = $1`, [id, name]);
    await this.record('tenant.renamed', id, { from: before, to: name }, caller, requestId, manager);
  }

  /** In the audit of the tenant that it concerns, and in that of the house where the house did it: it first, always. */
  private async record(
    action: string,
    id: string,
    detail: Readonly<Record<string, unknown>>,
    caller: Identity,
    requestId: string | undefined,
    manager: EntityManager,
  ): Promise<void> {
    for (const tenantId of new Set([caller.tenantId, id])) {
      const entry = { ...by({ caller, tenantId, requestId }), action, target: `tenant:${id}`, detail };
      await this.audit.append(entry, manager);
    }
  }
}

async function read(id: string, manager: EntityManager, lock = ''): Promise<TenantRecord> {
  if (lock) await manager.query(`SELECT 1 FROM tenants WHERE id = $1 ${lock}`, [id]);
  const [tenant] = await manager.query<TenantRecord[]>(`${RECORDS} WHERE t.id = $1`, [id]);
  if (!tenant) throw unknownTenant();
  return tenant;
}

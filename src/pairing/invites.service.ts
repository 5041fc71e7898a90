import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { digest, newInviteToken } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import type { Role, Scope } from '../kernel/scopes.js';
import { Database } from '../storage/database.js';
import { NO_ABILITIES } from './abilities.js';
import { actorOf } from './actor.js';
import { type DeviceRecord, DevicesService } from './devices.service.js';
import { DEFAULT_SCOPES, mayGrant, onlyDevice } from './grant-rules.js';

/** The longest life of a setup link, and what it has unless told (S093). */
export const INVITE_LIFE_MS = 600_000;

/** What a setup link is to give. */
export interface InviteWish {
  readonly role: Role;
  /** Absent: what the role is given as a rule. */
  readonly scopes?: readonly Scope[];
  /** At most `INVITE_LIFE_MS`. */
  readonly ttlMs?: number;
}

/** A setup link that was made; its token is returned here once. */
export interface Invite {
  readonly id: string;
  readonly token: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date;
}

/** A device that comes by a setup link. That it holds the key of its id was proved at the edge. */
export interface InvitedDevice {
  readonly id: string;
  readonly publicKey?: string;
  readonly displayName?: string;
  readonly platform?: string;
  readonly deviceFamily?: string;
  readonly clientId?: string;
  readonly clientMode?: string;
  /** What it connects as: must be what the link is for. */
  readonly role: Role;
  /** Where it comes from, as in `Evidence.source`. */
  readonly source: string;
}

interface SpentRow {
  readonly id: string;
  readonly tenantId: string;
  readonly role: Role;
  readonly scopes: Scope[];
  readonly createdBy: string;
}

/** Setup links: a person lets one device in beforehand, for minutes, with what that person could grant. */
@Injectable()
export class InvitesService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly devices: DevicesService,
  ) {}

  /**
   * Makes a setup link. Throws Refused: 'missing_scope' when its maker does not hold what it would give (S100), or is a
   * device that may manage itself alone (S090); 'invalid_request' for a life that is too long.
   */
  async create({ role, scopes, ttlMs = INVITE_LIFE_MS }: InviteWish, creator: Identity): Promise<Invite> {
    if (ttlMs <= 0 || ttlMs > INVITE_LIFE_MS)
      throw new Refused('invalid_request', { message: 'ttl: must be between 1 second and 10 minutes' });
    const given = scopes?.length ? [...new Set(scopes)] : DEFAULT_SCOPES[role];
    mayGrant(creator, role, given);
    if (onlyDevice(creator) !== undefined) throw new Refused('missing_scope', { scope: 'operator.admin' });

    const token = newInviteToken();
    const { tenantId } = creator;
    return this.database.asTenant(tenantId, async (manager) => {
      // The audit remembers them; the rows are worth nothing once they have ended.
      await manager.query(`DELETE FROM device_invites WHERE expires_at < now() - interval '1 day'`);
      const [made] = await manager.query<[{ id: string; expiresAt: Date }]>(
        `INSERT INTO device_invites (tenant_id, token_digest, role, scopes, created_by, expires_at)
         VALUES ($1, $2, $3, $4, $5, date_trunc('milliseconds', now()) + make_interval(secs => $6::int / 1000.0))
         RETURNING id, expires_at AS "expiresAt"`,
        [tenantId, digest(token), role, given, actorOf(creator), Math.floor(ttlMs)],
      );
      const detail = { role, scopes: given, expiresAt: made.expiresAt.toISOString() };
      const what = { action: 'device-invite.created', target: `device-invite:${made.id}`, detail };
      await this.audit.append({ tenantId, actor: actorOf(creator), ...what }, manager);
      return { ...made, token, role, scopes: given };
    });
  }

  /**
   * Lets the device in by a setup link, and ends the link: one statement finds and spends it, so that of any number at
   * once one succeeds (S226). Throws Refused: 'bootstrap_token_invalid' for a link that was never ours, has ended, was
   * used (S091) or is for another role; 'conflict' when the device cannot be taken, and then the link stays.
   */
  async redeem(token: string, device: InvitedDevice): Promise<DeviceRecord> {
    return this.database.transaction(async (manager) => {
      const [spent] = await manager.query<SpentRow[]>(SPEND, [digest(token), device.role, device.id]);
      if (!spent) throw new Refused('bootstrap_token_invalid');
      await this.refuseImpostor(device, manager);

      const { id, tenantId, role, scopes, createdBy } = spent;
      const admitted = await this.devices.admit(admission(device, spent), createdBy, manager);
      const detail = { invite: id, invitedBy: createdBy, role, scopes };
      const what = { action: 'device.approved', target: `device:${device.id}`, detail };
      await this.audit.append({ tenantId, actor: `device-invite:${id}`, ...what }, manager);
      return admitted;
    });
  }

  /** Who has a key proves itself by it: nobody takes its place by naming it. */
  private async refuseImpostor({ id, publicKey }: InvitedDevice, manager: EntityManager): Promise<void> {
    if (publicKey !== undefined) return;
    const known = await this.devices.findWith(manager, id);
    if (known?.publicKey) throw new Refused('conflict', { message: 'this device has a key: let it sign in with that' });
  }
}

const SPEND = `
  WITH spent AS (
    UPDATE device_invites i SET used_at = now(), used_by = $3 FROM tenants n
     WHERE i.token_digest = $1 AND i.role = $2 AND i.used_at IS NULL AND i.expires_at > now()
       AND n.id = i.tenant_id AND n.status = 'active'
     RETURNING i.id, i.tenant_id AS "tenantId", i.role, i.scopes, i.created_by AS "createdBy")
  SELECT * FROM spent`;

function admission(device: InvitedDevice, { tenantId, role, scopes }: SpentRow) {
  const { id, publicKey, displayName, platform, deviceFamily, clientId, clientMode, source } = device;
  return {
    deviceId: id,
    tenantId,
    publicKey: publicKey ?? null,
    displayName: displayName ?? null,
    platform: platform ?? null,
    deviceFamily: deviceFamily ?? null,
    clientId: clientId ?? null,
    clientMode: clientMode ?? null,
    role,
    scopes,
    ...NO_ABILITIES,
    remoteAddress: source,
  };
}

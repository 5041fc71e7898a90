import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type AuditEntry, AuditService } from '../audit/audit.service.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { digest, looksLikeDeviceToken, newDeviceToken } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { covers, type Role, type Scope } from '../kernel/scopes.js';
import { Changes } from '../storage/changes.js';
import { Database } from '../storage/database.js';
import { RowCache } from '../storage/row-cache.js';
import { type DeviceRecord, DevicesService } from './devices.service.js';
import { mayGrant } from './grant-rules.js';
import { BY_DIGEST, type LiveDeviceToken, liveToken, markOf, type TokenRow } from './live-device-token.js';

/** What a rotation asks for. */
export interface Rotation {
  readonly deviceId: string;
  /** May be left out while the device has one token. */
  readonly role?: Role;
  /** Keeps them, or narrows them to these. */
  readonly scopes?: readonly Scope[];
  /** How long the old token stays good, in milliseconds; 0 ends it at once. */
  readonly graceMs?: number;
}

/** What a rotation came to. The token is for the device; whether it is shown to the caller is the edge's business. */
export interface Rotated {
  readonly deviceId: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  readonly rotatedAt: Date;
  readonly token: string;
}

/** A token in a list. */
export interface TokenSummary {
  readonly role: Role;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly rotatedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

interface CurrentRow {
  readonly id: string;
  readonly role: Role;
  readonly scopes: Scope[];
}

interface StandingRow {
  readonly current: string;
  readonly previous: string | null;
  readonly grace: number | null;
}

/** Tokens of devices: issued for a paired device alone, looked up on every request, rotated, revoked. */
@Injectable()
export class DeviceTokensService {
  private readonly cache: RowCache<LiveDeviceToken>;

  constructor(
    private readonly database: Database,
    private readonly devices: DevicesService,
    private readonly audit: AuditService,
    changes: Changes,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.cache = new RowCache(changes, 'device-token', (key) => this.fetch(key));
  }

  /** Whether there is a database to keep tokens in; without one this way in does not exist. */
  get exist(): boolean {
    return this.database.mode !== 'none';
  }

  /** As GatewayTokensService.find: the token behind a presented value, good or ended, or undefined. */
  find(presented: string): LiveDeviceToken | undefined | Promise<LiveDeviceToken | undefined> {
    return looksLikeDeviceToken(presented) ? this.cache.get(digest(presented)) : undefined;
  }

  /**
   * Issues the token of a paired device in a role, in place of the one before, which is remembered as one of ours that
   * ended: for the device itself, which has just proved that it is the device. Throws Refused('device_token_revoked') when it is in service no longer.
   */
  async issue(deviceId: string, role: Role, manager?: EntityManager): Promise<string> {
    const token = newDeviceToken();
    const issued = await this.rows(manager)(
      `INSERT INTO device_tokens AS t (tenant_id, device_id, role, scopes, token_digest)
       SELECT d.tenant_id, d.id, $2, d.approved_scopes, $3 FROM devices d
        WHERE d.id = $1 AND d.revoked_at IS NULL AND $2 = ANY(d.roles)
       ON CONFLICT (device_id, role) WHERE revoked_at IS NULL DO UPDATE SET
              token_digest = excluded.token_digest, scopes = excluded.scopes, rotated_at = now(),
              previous_token_digest = t.token_digest, previous_ends_at = now()
       RETURNING t.id`,
      [deviceId, role, digest(token)],
    );
    if (issued.length === 0) throw new Refused('device_token_revoked');
    return token;
  }

  /** Whether the device has a token of this role that is not revoked. */
  async has(deviceId: string, role: Role): Promise<boolean> {
    const rows = await this.database.query(
      `SELECT 1 FROM device_tokens WHERE device_id = $1 AND role = $2 AND revoked_at IS NULL
          AND (expires_at IS NULL OR expires_at > now())`,
      [deviceId, role],
    );
    return rows.length > 0;
  }

  /**
   * Replaces a token, keeping or narrowing its scopes. The caller must hold what the new one carries (S106), unless it
   * is the device itself. Throws Refused: 'not_found' for a role without a token (S107), 'missing_scope'.
   */
  async rotate({ deviceId, role, scopes, graceMs = 0 }: Rotation, caller: Identity): Promise<Rotated> {
    const device = await this.devices.get(deviceId, caller);
    const token = newDeviceToken();
    return this.database.asTenant(caller.tenantId, async (manager) => {
      const [current] = await manager.query<CurrentRow[]>(
        `SELECT id, role, scopes FROM device_tokens
          WHERE device_id = $1 AND ($2::text IS NULL OR role = $2) AND revoked_at IS NULL ORDER BY role FOR UPDATE`,
        [deviceId, role ?? soleRole(device) ?? null],
      );
      if (!current) throw new Refused('not_found', { message: 'this device has no token of that role' });
      const wider = scopes?.find((scope) => !covers(current.scopes, scope));
      if (wider) throw new Refused('missing_scope', { scope: wider });
      const kept = scopes ?? current.scopes;
      if (caller.deviceId !== deviceId) mayGrant(caller, current.role, kept);

      const [changed] = await manager.query<[{ rotatedAt: Date }]>(
        `WITH changed AS (
           UPDATE device_tokens SET token_digest = $2, scopes = $3, rotated_at = now(),
                  previous_token_digest = token_digest,
                  previous_ends_at = now() + make_interval(secs => $4::int / 1000.0)
            WHERE id = $1 RETURNING rotated_at)
         SELECT rotated_at AS "rotatedAt" FROM changed`,
        [current.id, digest(token), kept, graceMs],
      );
      await this.audit.append(
        entry('device-token.rotated', caller, deviceId, { role: current.role, scopes: kept }),
        manager,
      );
      return { deviceId, role: current.role, scopes: kept, rotatedAt: changed.rotatedAt, token };
    });
  }

  /**
   * Ends the token of a role, and the approval of that role with it: what was revoked does not heal by itself. The
   * others of the device stay. Throws Refused('not_found').
   */
  async revoke(deviceId: string, role: Role | undefined, caller: Identity): Promise<{ role: Role; revokedAt: Date }> {
    const device = await this.devices.get(deviceId, caller);
    const meant = role ?? soleRole(device);
    if (caller.deviceId !== deviceId) mayGrant(caller, 'operator', []);
    return this.database.asTenant(caller.tenantId, async (manager) => {
      const [revoked] = await manager.query<{ role: Role; revokedAt: Date }[]>(
        `WITH gone AS (
           UPDATE device_tokens SET revoked_at = now() WHERE device_id = $1 AND role = $2 AND revoked_at IS NULL
           RETURNING role, revoked_at)
         SELECT role, revoked_at AS "revokedAt" FROM gone`,
        [deviceId, meant ?? null],
      );
      if (!revoked) throw new Refused('not_found', { message: 'this device has no token of that role' });
      await manager.query(`UPDATE devices SET roles = array_remove(roles, $2) WHERE id = $1`, [deviceId, revoked.role]);
      await this.audit.append(entry('device-token.revoked', caller, deviceId, { role: revoked.role }), manager);
      return revoked;
    });
  }

  /** Which values of a token are good: the current one, and while a grace lasts the one before it. None when revoked. */
  async standing(id: string): Promise<{ marks: ReadonlySet<string>; graceMs?: number }> {
    const [row] = await this.database.query<StandingRow>(
      `SELECT token_digest AS current, previous_token_digest AS previous,
              floor(extract(epoch FROM previous_ends_at - now()) * 1000)::float8 AS grace
         FROM device_tokens WHERE id = $1 AND revoked_at IS NULL`,
      [id],
    );
    if (!row) return { marks: new Set() };
    const inGrace = row.previous !== null && row.grace !== null && row.grace > 0;
    const good = inGrace ? [row.current, row.previous!] : [row.current];
    return { marks: new Set(good.map(markOf)), ...(inGrace && { graceMs: row.grace! }) };
  }

  /**
   * What a device that came by a token, or by its key alone, may do at this moment, as the rows say and no memory:
   * nothing once it, its role or its token has ended. A token that was only rotated has not lost what it gave.
   */
  async scopesNow({ deviceId = '', role, credential }: Identity): Promise<readonly Scope[]> {
    const device = await this.devices.look(deviceId);
    if (!device || device.revoked || !device.roles.includes(role)) return [];
    const tokenId = /^device-token:([0-9a-f-]{36}):/.exec(credential)?.[1];
    const isGood = tokenId === undefined || (await this.standing(tokenId)).marks.size > 0;
    return isGood ? device.scopes : [];
  }

  /** The tokens of devices in a list: never their values. */
  async summaries(deviceIds: readonly string[], { tenantId }: Identity): Promise<Map<string, TokenSummary[]>> {
    const rows = await this.database.asTenant(tenantId, (manager) =>
      manager.query<(TokenSummary & { deviceId: string })[]>(
        `SELECT device_id AS "deviceId", role, scopes, created_at AS "createdAt", rotated_at AS "rotatedAt",
                last_used_at AS "lastUsedAt"
           FROM device_tokens WHERE device_id = ANY($1::text[]) AND revoked_at IS NULL ORDER BY role`,
        [deviceIds],
      ),
    );
    const byDevice = new Map<string, TokenSummary[]>();
    for (const { deviceId, ...summary } of rows) byDevice.set(deviceId, [...(byDevice.get(deviceId) ?? []), summary]);
    return byDevice;
  }

  private rows(manager?: EntityManager) {
    return (sql: string, parameters: unknown[]): Promise<unknown[]> =>
      manager ? manager.query<unknown[]>(sql, parameters) : this.database.query<unknown>(sql, parameters);
  }

  private async fetch(tokenDigest: string): Promise<LiveDeviceToken | undefined> {
    const [row] = await this.database.query<TokenRow>(BY_DIGEST, [tokenDigest]);
    return row && liveToken(row, tokenDigest, this.clock.now());
  }
}

/** A device with one role means that one, where none is named. */
function soleRole({ roles }: DeviceRecord): Role | undefined {
  return roles.length === 1 ? roles[0] : undefined;
}

function entry(
  action: string,
  caller: Identity,
  deviceId: string,
  detail: Readonly<Record<string, unknown>>,
): AuditEntry {
  const { tenantId, method, subject } = caller;
  return { tenantId, actor: `${method}:${subject}`, action, target: `device:${deviceId}`, detail };
}

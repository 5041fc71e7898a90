import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { digest, looksLikeDeviceToken, newDeviceToken } from '../kernel/crypto.js';
import type { Role, Scope } from '../kernel/scopes.js';
import { Changes } from '../storage/changes.js';
import { Database } from '../storage/database.js';
import { Device } from '../storage/entities/device.js';
import { DeviceToken } from '../storage/entities/device-token.js';
import { type CachedRow, RowCache } from '../storage/row-cache.js';

/** A device token as the chain needs it. */
export interface LiveDeviceToken extends CachedRow {
  readonly id: string;
  readonly deviceId: string;
  readonly tenantId: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  /** In milliseconds of our clock; Infinity for one without an end. */
  readonly endsAt: number;
  readonly revoked: boolean;
}

/** What a device is given when it comes into service. */
export interface NewDevice {
  readonly id: string;
  readonly tenantId: string;
  readonly displayName?: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
}

interface Row {
  id: string;
  device_id: string;
  tenant_id: string;
  role: Role;
  scopes: Scope[];
  ms_left: string | number | null;
  revoked: boolean;
}

/** The token itself, or the one before the last rotation while its grace lasts. */
const BY_DIGEST = `
  SELECT t.id, t.device_id, t.tenant_id, t.role, t.scopes,
         floor(extract(epoch FROM least(t.expires_at, CASE WHEN t.token_digest = $1 THEN NULL ELSE t.previous_ends_at END)
               - now()) * 1000) AS ms_left,
         (t.revoked_at IS NOT NULL OR d.revoked_at IS NOT NULL OR n.status <> 'active'
          OR (t.token_digest <> $1 AND t.previous_ends_at <= now())) AS revoked
    FROM device_tokens t
    JOIN devices d ON d.id = t.device_id
    JOIN tenants n ON n.id = t.tenant_id
   WHERE t.token_digest = $1 OR t.previous_token_digest = $1`;

/** Tokens of devices: minted for a paired device, looked up on every request, revoked. */
@Injectable()
export class DeviceTokensService {
  private readonly cache: RowCache<LiveDeviceToken>;

  constructor(
    private readonly database: Database,
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

  /** Puts a device into service and mints its token. The value is returned here once. */
  async mint(device: NewDevice): Promise<string> {
    const token = newDeviceToken();
    await this.database.transaction(async (manager) => {
      await manager.save(Device, {
        id: device.id,
        tenantId: device.tenantId,
        displayName: device.displayName ?? null,
        roles: [device.role],
        approvedScopes: [...device.scopes],
        approvedAt: new Date(this.clock.now()),
      });
      await manager.insert(DeviceToken, {
        deviceId: device.id,
        tenantId: device.tenantId,
        role: device.role,
        scopes: [...device.scopes],
        tokenDigest: digest(token),
      });
    });
    return token;
  }

  /** Ends every token of a device, everywhere, within a second. */
  async revoke(deviceId: string, tenantId: string): Promise<void> {
    await this.database.query(
      `UPDATE device_tokens SET revoked_at = now() WHERE device_id = $1 AND tenant_id = $2 AND revoked_at IS NULL`,
      [deviceId, tenantId],
    );
  }

  /** Which of these devices no longer have a good token: asked after change notices were missed. */
  async endedAmong(deviceIds: readonly string[]): Promise<string[]> {
    const good = await this.database.query<{ id: string }>(
      `SELECT DISTINCT d.id FROM devices d
         JOIN device_tokens t ON t.device_id = d.id AND t.revoked_at IS NULL
         JOIN tenants n ON n.id = d.tenant_id AND n.status = 'active'
        WHERE d.id = ANY($1::text[]) AND d.revoked_at IS NULL`,
      [deviceIds],
    );
    const kept = new Set(good.map(({ id }) => id));
    return deviceIds.filter((id) => !kept.has(id));
  }

  private async fetch(tokenDigest: string): Promise<LiveDeviceToken | undefined> {
    const [row] = await this.database.query<Row>(BY_DIGEST, [tokenDigest]);
    if (!row) return undefined;
    return {
      id: row.id,
      deviceId: row.device_id,
      tenantId: row.tenant_id,
      role: row.role,
      scopes: row.scopes,
      endsAt: row.ms_left === null ? Infinity : this.clock.now() + Number(row.ms_left),
      revoked: row.revoked,
      concerns: [
        { kind: 'device-token', id: row.id },
        { kind: 'device', id: row.device_id },
        { kind: 'tenant', id: row.tenant_id },
      ],
    };
  }
}

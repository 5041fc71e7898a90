import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { LOG, type Log } from '../kernel/log.js';
import { Database } from '../storage/database.js';
import { Replicas } from '../storage/replicas.js';
import { type Abilities, NO_ABILITIES } from './abilities.js';

const TELL_AFTER_MS = 1000;

/** What a connected device says that it can do: nothing, for one that is no node. */
export type Connected = Abilities;

/**
 * Which devices are connected: to this gateway, as the WebSocket edge says, or to another one on the same database, as
 * the rows say. Rows are written many at a time and a second late, never waited for, and count while their gateway
 * lives; so a list may be a second behind, and half a minute where a gateway was killed.
 */
@Injectable()
export class ConnectedDevices implements OnModuleInit {
  private readonly here = new Map<string, Connected>();
  /** Who came or went since the rows were told. */
  private readonly moved = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly replicas: Replicas,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.replicas.onBegin(() => this.tellAll());
  }

  /** The device has opened a connection here, its first or another one. */
  arrived(deviceId: string, declares: Abilities = NO_ABILITIES): void {
    this.here.set(deviceId, declares);
    this.move(deviceId);
  }

  /** The device has no connection here any more. */
  left(deviceId: string): void {
    this.here.delete(deviceId);
    this.move(deviceId);
  }

  /** Those of these devices that are connected, wherever that is. Rejects with Unavailable. */
  async among(deviceIds: readonly string[]): Promise<ReadonlyMap<string, Connected>> {
    const found = new Map<string, Connected>();
    if (this.replicas.shared && deviceIds.length > 0) {
      const rows = await this.database.query<{ id: string; declares: Connected | null }>(
        `SELECT p.device_id AS id, p.declares FROM device_presence p JOIN replicas r ON r.id = p.replica_id
          WHERE p.device_id = ANY($1::text[]) AND p.replica_id <> $2 AND r.alive_until > now()`,
        [deviceIds, this.replicas.own],
      );
      for (const { id, declares } of rows) found.set(id, declares ?? NO_ABILITIES);
    }
    for (const id of deviceIds) {
      const declares = this.here.get(id);
      if (declares) found.set(id, declares);
    }
    return found;
  }

  private move(deviceId: string): void {
    if (!this.replicas.shared) return;
    if (this.moved.size === 0) this.clock.after(TELL_AFTER_MS, () => void this.tell());
    this.moved.add(deviceId);
  }

  private tellAll(): void {
    for (const id of this.here.keys()) this.move(id);
  }

  private async tell(): Promise<void> {
    const ids = [...this.moved];
    this.moved.clear();
    const [came, gone] = [ids.filter((id) => this.here.has(id)), ids.filter((id) => !this.here.has(id))];
    const declares = came.map((id) => JSON.stringify(this.here.get(id)));
    try {
      await this.replicas.present();
      await this.database.query(
        `WITH gone AS (DELETE FROM device_presence WHERE replica_id = $1 AND device_id = ANY($4::text[]))
         INSERT INTO device_presence (device_id, replica_id, tenant_id, declares)
         SELECT d.id, $1, d.tenant_id, c.declares::jsonb FROM unnest($2::text[], $3::text[]) AS c (id, declares)
           JOIN devices d ON d.id = c.id
         ON CONFLICT (device_id, replica_id) DO UPDATE SET declares = excluded.declares`,
        [this.replicas.own, came, declares, gone],
      );
    } catch (error) {
      // What matters of it is told again when the rows can be reached again.
      this.log.debug('connected devices could not be noted', { error });
    }
  }
}

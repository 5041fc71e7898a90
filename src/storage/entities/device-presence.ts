import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A device that is connected to a replica; counts while that replica lives. */
@Entity({ name: 'device_presence' })
export class DevicePresence {
  @PrimaryColumn({ name: 'device_id', type: 'text' })
  deviceId: string;

  @PrimaryColumn({ name: 'replica_id', type: 'uuid' })
  replicaId: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  /** What a node says that it can do: `caps`, `commands`, `permissions`. */
  @Column({ name: 'declares', type: 'jsonb', nullable: true })
  declares: Record<string, string[]> | null;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A gateway on this database. One that has not said so for a while lives no longer. */
@Entity({ name: 'replicas' })
export class Replica {
  @PrimaryColumn({ name: 'id', type: 'uuid' })
  id: string;

  @Column({ name: 'alive_until', type: 'timestamptz' })
  aliveUntil: Date;
}

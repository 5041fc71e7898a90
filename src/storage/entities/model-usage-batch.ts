import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Lines of usage that were written together: named, so that none counts twice where an answer was lost. */
@Entity({ name: 'model_usage_batches' })
export class ModelUsageBatch {
  @PrimaryColumn({ name: 'id', type: 'uuid' })
  id: string;

  @Column({ name: 'written_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  writtenAt: Date;
}

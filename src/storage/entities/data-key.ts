import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key that rows are sealed with, itself sealed with the encryption key of the gateways: an envelope. */
@Entity({ name: 'data_keys' })
export class DataKey {
  /** As kernel/seal names the key. */
  @PrimaryColumn({ name: 'id', type: 'text' })
  id: string;

  @Column({ name: 'sealed', type: 'text' })
  sealed: string;

  /** Id of the encryption key. */
  @Column({ name: 'sealed_with', type: 'text' })
  sealedWith: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;

  /** Since when nothing new is sealed with it. It goes when nothing at all is. */
  @Column({ name: 'retired_at', type: 'timestamptz', nullable: true })
  retiredAt: Date | null;
}

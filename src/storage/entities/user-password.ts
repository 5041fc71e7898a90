import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a person's password is checked with. A table of its own, so that no list of users ever carries it. */
@Entity({ name: 'user_passwords' })
export class UserPassword {
  @PrimaryColumn({ name: 'user_id', type: 'uuid' })
  userId: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  /** `$argon2id$…`: the parameters stand in it. */
  @Column({ name: 'phc', type: 'text' })
  phc: string;

  @Column({ name: 'changed_at', type: 'timestamptz', default: () => 'now()' })
  changedAt: Date;
}

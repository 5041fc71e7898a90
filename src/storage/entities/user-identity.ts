import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Who a user is at an issuer elsewhere. Issuer and subject together name one person; an e-mail address never does. */
@Entity({ name: 'user_identities' })
export class UserIdentity {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  /** `iss`, to the letter. */
  @Column({ name: 'issuer', type: 'text' })
  issuer: string;

  /** `sub`, to the letter. */
  @Column({ name: 'subject', type: 'text' })
  subject: string;

  /** What the issuer said last, for people to read. */
  @Column({ name: 'email', type: 'text', nullable: true })
  email: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'last_sign_in_at', type: 'timestamptz', default: () => 'now()' })
  lastSignInAt: Date;
}

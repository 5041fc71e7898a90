import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

export const USER_ROLES = ['owner', 'admin', 'member', 'viewer'] as const;
export type UserRole = (typeof USER_ROLES)[number];

export const USER_STATUSES = ['active', 'suspended', 'deactivated', 'deleted'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

/** A person of one tenant. */
@Entity({ name: 'users' })
export class User {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  /** Lower-case (the table insists), unique in the whole installation: it is what a person signs in with. */
  @Column({ name: 'email', type: 'text' })
  email: string;

  @Column({ name: 'display_name', type: 'text', nullable: true })
  displayName: string | null;

  @Column({ name: 'role', type: 'text', default: 'member' })
  role: UserRole;

  @Column({ name: 'status', type: 'text', default: 'active' })
  status: UserStatus;

  /** When it was shown that the person reads mail at `email`. */
  @Column({ name: 'email_verified_at', type: 'timestamptz', nullable: true })
  emailVerifiedAt: Date | null;

  /** When the person signed up; null for one who was only written down, as the holder of a token. */
  @Column({ name: 'registered_at', type: 'timestamptz', nullable: true })
  registeredAt: Date | null;

  /** Language tag (BCP 47), as the person gave it. */
  @Column({ name: 'locale', type: 'text', nullable: true })
  locale: string | null;

  /** IANA name, as the person gave it. */
  @Column({ name: 'timezone', type: 'text', nullable: true })
  timezone: string | null;

  /** Two letters (ISO 3166), as the person gave it. */
  @Column({ name: 'country', type: 'text', nullable: true })
  country: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}

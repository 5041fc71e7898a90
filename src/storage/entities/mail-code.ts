import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

export const MAIL_PURPOSES = ['verify-email', 'reset-password'] as const;
export type MailPurpose = (typeof MAIL_PURPOSES)[number];

/** A code that was sent to a person's mailbox: whoever shows it reads mail there. Good once. */
@Entity({ name: 'mail_codes' })
export class MailCode {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  @Column({ name: 'purpose', type: 'text' })
  purpose: MailPurpose;

  /** Where it was sent. It proves nothing about an address that the person has changed to since. */
  @Column({ name: 'email', type: 'text' })
  email: string;

  /** `digest(code)` of kernel/crypto: 64 lower-case hex characters. */
  @Column({ name: 'code_digest', type: 'char', length: 64 })
  codeDigest: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @Column({ name: 'used_at', type: 'timestamptz', nullable: true })
  usedAt: Date | null;

  /** Where it was used, as in `Evidence.source`: the person may sign in from there. */
  @Column({ name: 'used_from', type: 'text', nullable: true })
  usedFrom: string | null;
}

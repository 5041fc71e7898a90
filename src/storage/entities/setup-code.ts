import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The code that a gateway prints at its start while nobody has signed up: whoever shows it becomes the first owner. */
@Entity({ name: 'setup_codes' })
export class SetupCode {
  /** `digest(code)` of kernel/crypto: 64 lower-case hex characters. */
  @PrimaryColumn({ name: 'code_digest', type: 'char', length: 64 })
  codeDigest: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}

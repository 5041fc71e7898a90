import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The credentials of one agent at model providers: what `auth-profiles.json` holds, without how they have fared. */
@Entity({ name: 'auth_profiles' })
export class AuthProfiles {
  @PrimaryColumn({ name: 'agent', type: 'text' })
  agent: string;

  /** JSON, sealed by kernel/seal. */
  @Column({ name: 'sealed', type: 'text' })
  sealed: string;

  /** Id of the data key. */
  @Column({ name: 'sealed_with', type: 'text' })
  sealedWith: string;

  /** Grows by one with every change of what is sealed. */
  @Column({ name: 'version', type: 'bigint', transformer: { from: Number, to: (version: unknown) => version } })
  version: number;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}

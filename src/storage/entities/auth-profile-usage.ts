import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How one profile of an agent has fared: last use, failures, rest. No secret. */
@Entity({ name: 'auth_profile_usage' })
export class AuthProfileUsage {
  @PrimaryColumn({ name: 'agent', type: 'text' })
  agent: string;

  @PrimaryColumn({ name: 'profile_id', type: 'text' })
  profileId: string;

  /** As in `usageStats` of `auth-profiles.json`. */
  @Column({ name: 'usage', type: 'jsonb' })
  usage: Record<string, unknown>;
}

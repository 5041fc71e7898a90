import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** What one caller used of one model within an hour. Empty texts: none, or nobody in particular. */
@Entity({ name: 'model_usage' })
export class ModelUsage {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  /** Its beginning. */
  @Column({ name: 'hour', type: 'timestamptz' })
  hour: Date;

  /** The id of a user, `service:<id>` of a machine's token, `tailscale:<login>` or `trusted-proxy:<user>`. */
  @Column({ name: 'user_key', type: 'text' })
  userKey: string;

  @Column({ name: 'device_id', type: 'text' })
  deviceId: string;

  @Column({ name: 'agent', type: 'text' })
  agent: string;

  @Column({ name: 'session_key', type: 'text' })
  sessionKey: string;

  @Column({ name: 'provider', type: 'text' })
  provider: string;

  @Column({ name: 'model', type: 'text' })
  model: string;

  @Column({ name: 'calls', type: 'bigint' })
  calls: number;

  /** Calls of a model of which nobody said what it costs. */
  @Column({ name: 'unpriced', type: 'bigint' })
  unpriced: number;

  @Column({ name: 'input_tokens', type: 'bigint' })
  inputTokens: number;

  /** Part of `inputTokens`. */
  @Column({ name: 'cached_tokens', type: 'bigint' })
  cachedTokens: number;

  @Column({ name: 'output_tokens', type: 'bigint' })
  outputTokens: number;

  /** In billionths of a US dollar. */
  @Column({ name: 'cost', type: 'bigint' })
  cost: number;
}

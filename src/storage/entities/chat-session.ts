import { Column, Entity, PrimaryColumn } from 'typeorm';

const bigint = { from: Number, to: (value: unknown) => value };

/** A conversation with the models of an agent: whose it is, under which name, and what was chosen for it. */
@Entity({ name: 'chat_sessions' })
export class ChatSession {
  @PrimaryColumn({ name: 'id', type: 'uuid' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  /** `user:<id>`, `house`, `device:<id>`, or method and subject. */
  @Column({ name: 'owner', type: 'text' })
  owner: string;

  /** Where the owner is a user: gone with them. */
  @Column({ name: 'user_id', type: 'uuid', nullable: true })
  userId: string | null;

  @Column({ name: 'agent', type: 'text' })
  agent: string;

  /** As its owner calls it; unique for owner and agent. */
  @Column({ name: 'key', type: 'text' })
  key: string;

  /** Another one after each reset. */
  @Column({ name: 'conversation_id', type: 'uuid' })
  conversationId: string;

  @Column({ name: 'label', type: 'text', nullable: true })
  label: string | null;

  /** `provider/model`, where one was chosen. */
  @Column({ name: 'model', type: 'text', nullable: true })
  model: string | null;

  /** The profile that was chosen with it. */
  @Column({ name: 'profile', type: 'text', nullable: true })
  profile: string | null;

  /** The key of its messages, sealed with a data key; null: they are not sealed. */
  @Column({ name: 'key_sealed', type: 'text', nullable: true })
  keySealed: string | null;

  @Column({ name: 'sealed_with', type: 'text', nullable: true })
  sealedWith: string | null;

  @Column({ name: 'next_seq', type: 'bigint', default: 1, transformer: bigint })
  nextSeq: number;

  @Column({ name: 'input_tokens', type: 'bigint', default: 0, transformer: bigint })
  inputTokens: number;

  @Column({ name: 'output_tokens', type: 'bigint', default: 0, transformer: bigint })
  outputTokens: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}

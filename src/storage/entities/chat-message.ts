import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What was said in a conversation, by a person or by a model. */
@Entity({ name: 'chat_messages' })
export class ChatMessage {
  @PrimaryColumn({ name: 'id', type: 'uuid' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column({ name: 'session_id', type: 'uuid' })
  sessionId: string;

  @Column({ name: 'seq', type: 'bigint', transformer: { from: Number, to: (value: unknown) => value } })
  seq: number;

  /** What was asked and what was answered have the same. */
  @Column({ name: 'run_id', type: 'text' })
  runId: string;

  @Column({ name: 'role', type: 'text' })
  role: 'user' | 'assistant';

  /** A command is between a person and the gateway: no model reads it. */
  @Column({ name: 'kind', type: 'text', default: 'message' })
  kind: 'message' | 'command';

  /** JSON, sealed where its conversation has a key. */
  @Column({ name: 'content', type: 'text' })
  content: string;

  /** The gateway that the run is on, or was. */
  @Column({ name: 'replica_id', type: 'uuid' })
  replicaId: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A request with an `Idempotency-Key`: under way while `sealed` is null, and afterwards the answer to give again. */
@Entity({ name: 'idempotent_answers' })
export class IdempotentAnswer {
  /** Of the caller and the key that the caller named. */
  @PrimaryColumn({ name: 'key_digest', type: 'char', length: 64 })
  keyDigest: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column({ name: 'caller_digest', type: 'char', length: 64 })
  callerDigest: string;

  /** Of the request, under a key that only the caller can make again. */
  @Column({ name: 'fingerprint', type: 'char', length: 64 })
  fingerprint: string;

  /** Who carries it out. */
  @Column({ name: 'replica_id', type: 'uuid' })
  replicaId: string;

  /** Opens only with what the caller shows: the answer may hold a token. */
  @Column({ name: 'sealed', type: 'text', nullable: true })
  sealed: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}

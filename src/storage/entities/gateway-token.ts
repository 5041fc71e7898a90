import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Scope } from '../../kernel/scopes.js';

export const TOKEN_KINDS = ['user', 'service'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** A token that a person or a machine holds for a while. The token itself is nowhere, only its digest. */
@Entity({ name: 'gateway_tokens' })
export class GatewayToken {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  /** `digest(token)` of kernel/crypto: 64 lower-case hex characters. */
  @Column({ name: 'token_digest', type: 'char', length: 64 })
  tokenDigest: string;

  /** `user`: a person's, for a while. `service`: a machine's, labelled, with scopes of its own. */
  @Column({ name: 'kind', type: 'text', default: 'user' })
  kind: TokenKind;

  /** What its owner calls it. */
  @Column({ name: 'label', type: 'text', nullable: true })
  label: string | null;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  /** The sign-in under which it was issued; null when it was made by an operator. */
  @Column({ name: 'session_id', type: 'uuid', nullable: true })
  sessionId: string | null;

  /** Narrows what the user's role gives; null leaves it as it is. */
  @Column({ name: 'scopes', type: 'text', array: true, nullable: true })
  scopes: Scope[] | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;

  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt: Date | null;
}

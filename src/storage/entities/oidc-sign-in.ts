import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Somebody who was sent to a provider and has not come back yet. Good once, for minutes, in one browser. */
@Entity({ name: 'oidc_sign_ins' })
export class OidcSignIn {
  /** Of the `state` that the provider gives back. */
  @PrimaryColumn({ name: 'state_digest', type: 'char', length: 64 })
  stateDigest: string;

  /** Of the secret in the browser's cookie, from which nonce and PKCE verifier are derived: neither is in this row. */
  @Column({ name: 'browser_digest', type: 'char', length: 64 })
  browserDigest: string;

  @Column({ name: 'provider', type: 'text' })
  provider: string;

  /** Where the provider was told to send the browser. */
  @Column({ name: 'redirect_uri', type: 'text' })
  redirectUri: string;

  /** A path of the console. */
  @Column({ name: 'return_to', type: 'text', nullable: true })
  returnTo: string | null;

  /** Whose it is, as failures are counted: nobody begins without end. */
  @Column({ name: 'source', type: 'text' })
  source: string;

  /** Of the user who links an identity to themselves; null for a sign-in. */
  @Column({ name: 'tenant_id', type: 'uuid', nullable: true })
  tenantId: string | null;

  @Column({ name: 'link_user_id', type: 'uuid', nullable: true })
  linkUserId: string | null;

  @Column({ name: 'link_session_id', type: 'uuid', nullable: true })
  linkSessionId: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}

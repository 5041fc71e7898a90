import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

export const SIGNING_ALGORITHMS = ['ES256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** A key that access tokens are signed with. Its id is the `kid` of their header. */
@Entity({ name: 'signing_keys' })
export class SigningKey {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  @Column({ name: 'algorithm', type: 'text' })
  algorithm: SigningAlgorithm;

  /** As in RFC 7517, without `kid` and `alg`. */
  @Column({ name: 'public_jwk', type: 'jsonb' })
  publicJwk: Record<string, unknown>;

  /** PKCS #8, sealed by kernel/seal. */
  @Column({ name: 'private_sealed', type: 'text' })
  privateSealed: string;

  /** Id of the sealing key: who has another one cannot sign with this. */
  @Column({ name: 'sealed_with', type: 'text' })
  sealedWith: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  /** Since when nothing is signed with it. It stays published until nothing that it signed is good any more. */
  @Column({ name: 'retired_at', type: 'timestamptz', nullable: true })
  retiredAt: Date | null;
}

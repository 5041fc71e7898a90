import { ApiProperty } from '@nestjs/swagger';
import { TOKEN_KINDS, type TokenKind, type TokenRecord } from '../accounts/gateway-token-rows.js';
import { SCOPES, type Scope } from '../kernel/scopes.js';

const MOMENT = { type: String, format: 'date-time', nullable: true } as const;

/** A gateway token in a list: never its value, of which only a digest exists. */
export class TokenView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: TOKEN_KINDS, description: "A person's, for a while, or a machine's." })
  kind: TokenKind;

  @ApiProperty({ type: String, nullable: true })
  label: string | null;

  @ApiProperty({ description: 'E-mail address of the person whose token it is, or who made it for a machine.' })
  user: string;

  @ApiProperty({ format: 'uuid' })
  tenantId: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: readonly Scope[];

  @ApiProperty({ format: 'date-time' })
  createdAt: Date;

  @ApiProperty({ format: 'date-time' })
  expiresAt: Date;

  @ApiProperty(MOMENT)
  revokedAt: Date | null;

  @ApiProperty(MOMENT)
  lastUsedAt: Date | null;

  static of(record: TokenRecord): TokenView {
    const { id, kind, label, user, tenantId, scopes, createdAt, expiresAt, revokedAt, lastUsedAt } = record;
    return { id, kind, label, user, tenantId, scopes, createdAt, expiresAt, revokedAt, lastUsedAt };
  }
}

/** A gateway token in the answer that makes it: the only time that its value is shown. */
export class NewTokenView extends TokenView {
  @ApiProperty({ example: 'e981b257fe5f8bd1dca9e9310970f66a7927fb11dca48e0865d3029a12383958' })
  token: string;
}

/** A page of tokens. */
export class TokenPageView {
  @ApiProperty({ type: [TokenView] })
  items: readonly TokenView[];

  @ApiProperty({ type: String, nullable: true, description: 'Where the next page begins; null on the last one.' })
  nextCursor: string | null;
}

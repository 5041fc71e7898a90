import { Body, Controller, Get, HttpCode, Post, Query, Req } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import type { Account } from '../accounts/account.js';
import { DeviceGrantsService, type WaitingGrant } from '../accounts/device-grants.service.js';
import { CallerEvidence, CurrentAccount, SignedIn } from '../auth/account.guard.js';
import type { Evidence } from '../auth/evidence.js';
import { SecretCheck } from '../auth/secret-check.js';
import { Refused } from '../kernel/errors.js';
import { SCOPES, type Scope } from '../kernel/scopes.js';

class UserCodeQuery {
  @ApiProperty({ name: 'user_code', example: 'WDJB-MJHT' })
  @IsString()
  @MaxLength(40)
  user_code: string;
}

class DecisionBody {
  @ApiProperty({ example: 'WDJB-MJHT' })
  @IsString()
  @MaxLength(40)
  userCode: string;

  @ApiProperty({ enum: ['approve', 'deny'] })
  @IsIn(['approve', 'deny'])
  decision: 'approve' | 'deny';
}

class WaitingGrantView implements WaitingGrant {
  @ApiProperty({ description: 'What the client calls itself; nothing proves it.' })
  clientId: string;

  @ApiProperty({ enum: SCOPES, isArray: true, nullable: true, description: 'null: all that you may do.' })
  scopes: readonly Scope[] | null;

  @ApiProperty({ description: 'Whether it asks to stay signed in as you.' })
  staysSignedIn: boolean;

  @ApiProperty({ description: 'Where it asked from.' })
  address: string;

  @ApiProperty({ type: String, nullable: true })
  userAgent: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: Date;

  @ApiProperty({ format: 'date-time' })
  expiresAt: Date;

  static of({ clientId, scopes, staysSignedIn, address, userAgent, createdAt, expiresAt }: WaitingGrant) {
    return { clientId, scopes, staysSignedIn, address, userAgent, createdAt, expiresAt };
  }
}

/** Where a signed-in person looks at the client that waits for them, and lets it in or not (RFC 8628 section 3.3). */
@ApiTags('accounts')
@Controller('auth/device')
export class DeviceGrantController {
  constructor(
    private readonly waiting: DeviceGrantsService,
    private readonly checks: SecretCheck,
  ) {}

  @Get()
  @SignedIn()
  @ApiOperation({ summary: 'The client that waits with this code' })
  @ApiOkResponse({ type: WaitingGrantView })
  look(
    @Query() { user_code: code }: UserCodeQuery,
    @CurrentAccount() account: Account,
    @CallerEvidence() evidence: Evidence,
  ): Promise<WaitingGrantView> {
    return this.counted(account, evidence, async () => WaitingGrantView.of(await this.waiting.look(code)));
  }

  @Post()
  @SignedIn()
  @HttpCode(204)
  @ApiOperation({ summary: 'Let the client in as you, or turn it away' })
  @ApiNoContentResponse()
  decide(
    @Body() { userCode, decision }: DecisionBody,
    @CurrentAccount() account: Account,
    @CallerEvidence() evidence: Evidence,
    @Req() { id }: FastifyRequest,
  ): Promise<void> {
    return this.counted(account, evidence, () => this.waiting.decide(userCode, decision, account, id));
  }

  /** Wrong codes count on the address and on the person: nobody finds one by trying (RFC 8628 section 5.1, S102). */
  private counted<T>({ userId }: Account, evidence: Evidence, judge: () => Promise<T>): Promise<T> {
    const isWrong = (error: unknown): boolean => error instanceof Refused && error.code === 'not_found';
    return this.checks.run(evidence, { judge, isWrong, alsoOn: `device-grant:${userId}` });
  }
}

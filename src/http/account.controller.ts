import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Account } from '../accounts/account.js';
import { PasswordChanges } from '../accounts/password-changes.service.js';
import { ProfilesService } from '../accounts/profiles.service.js';
import { UserSessionsService } from '../accounts/user-sessions.service.js';
import { CallerEvidence, CurrentAccount, SignedIn } from '../auth/account.guard.js';
import type { Evidence } from '../auth/evidence.js';
import { LoginCheck } from '../auth/login-check.js';
import { Refused } from '../kernel/errors.js';
import { ChangePasswordBody } from './account.bodies.js';
import { MessageView, MeView, SessionPageView, SessionView } from './account.views.js';
import { clearRefreshCookie } from './refresh-cookie.js';
import { uuid } from './uuid.pipe.js';

const owner = ({ userId: id, tenantId }: Account): { id: string; tenantId: string } => ({ id, tenantId });

/** What people do with their own account, once they are signed in. */
@ApiTags('accounts')
@Controller('auth')
export class AccountController {
  constructor(
    private readonly profiles: ProfilesService,
    private readonly sessions: UserSessionsService,
    private readonly passwords: PasswordChanges,
    private readonly check: LoginCheck,
  ) {}

  @Get('me')
  @SignedIn()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Who is signed in' })
  @ApiOkResponse({ type: MeView })
  async me(@CurrentAccount() account: Account): Promise<MeView> {
    return MeView.of(await this.profiles.find(account));
  }

  @Post('logout')
  @SignedIn()
  @HttpCode(200)
  @ApiOperation({ summary: 'End this sign-in, and the tokens that were issued under it' })
  @ApiOkResponse({ type: MessageView })
  async logout(
    @CurrentAccount() account: Account,
    @CallerEvidence() evidence: Evidence,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MessageView> {
    const { requestId } = evidence;
    await this.sessions.end(account.sessionId, owner(account), 'logout', { requestId });
    clearRefreshCookie(reply, evidence);
    return { message: 'signed out' };
  }

  @Post('logout-all')
  @SignedIn()
  @HttpCode(200)
  @ApiOperation({ summary: 'End every sign-in of this person, and the tokens that were issued under them' })
  @ApiOkResponse({ type: MessageView })
  async logoutAll(
    @CurrentAccount() account: Account,
    @CallerEvidence() evidence: Evidence,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MessageView> {
    const { requestId } = evidence;
    await this.sessions.endAll(owner(account), 'logout-all', { requestId });
    clearRefreshCookie(reply, evidence);
    return { message: 'signed out everywhere' };
  }

  @Get('sessions')
  @SignedIn()
  @ApiOperation({ summary: 'Where this person is signed in, the last used first' })
  @ApiOkResponse({ type: SessionPageView })
  async list(@CurrentAccount() account: Account): Promise<SessionPageView> {
    const sessions = await this.sessions.list(owner(account));
    return { items: sessions.map((session) => SessionView.of(session, account.sessionId)), nextCursor: null };
  }

  @Delete('sessions/:id')
  @SignedIn()
  @HttpCode(204)
  @ApiOperation({ summary: 'End one sign-in of this person' })
  async end(
    @Param('id', uuid('id')) id: string,
    @CurrentAccount() account: Account,
    @CallerEvidence() { requestId }: Evidence,
  ): Promise<void> {
    const ended = await this.sessions.end(id, owner(account), 'revoked', { requestId });
    if (!ended) throw new Refused('not_found', { message: 'no such sign-in' });
  }

  @Post('change-password')
  @SignedIn()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Set another password; every other sign-in of this person ends' })
  @ApiOkResponse({ type: MessageView })
  async changePassword(
    @Body() { currentPassword, newPassword }: ChangePasswordBody,
    @CurrentAccount() account: Account,
    @CallerEvidence() evidence: Evidence,
  ): Promise<MessageView> {
    const { requestId } = evidence;
    await this.check.code(evidence, () => this.passwords.change(account, currentPassword, newPassword, { requestId }));
    return { message: 'the password is changed' };
  }
}

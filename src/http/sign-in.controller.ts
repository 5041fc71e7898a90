import { Body, Controller, Header, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { PasswordLogins } from '../accounts/password-logins.service.js';
import { UserSessionsService } from '../accounts/user-sessions.service.js';
import { Attempt, CallerEvidence } from '../auth/account.guard.js';
import type { Evidence } from '../auth/evidence.js';
import { LoginCheck } from '../auth/login-check.js';
import { Refused } from '../kernel/errors.js';
import { LoginBody, RefreshBody } from './account.bodies.js';
import { RefreshedView, SignedInView, TokensView } from './account.views.js';
import { refreshCookie, setRefreshCookie } from './refresh-cookie.js';
import { SessionAnswers } from './session-answers.js';
import { placeOf } from './sign-in-place.js';

/** Signing in with a password, and staying signed in. */
@ApiTags('accounts')
@Controller('auth')
export class SignInController {
  constructor(
    private readonly logins: PasswordLogins,
    private readonly sessions: UserSessionsService,
    private readonly check: LoginCheck,
    private readonly answers: SessionAnswers,
  ) {}

  @Post('login')
  @Attempt()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Sign in with e-mail address and password' })
  @ApiOkResponse({ type: SignedInView })
  async login(
    @Body() body: LoginBody,
    @CallerEvidence() evidence: Evidence,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignedInView> {
    const judge = () => this.logins.login(body, placeOf(evidence));
    const started = await this.check.password(evidence, body.email, judge, refreshCookie(evidence));
    return this.answers.signedIn(started, { evidence, reply, wish: body.session });
  }

  @Post('refresh')
  @Attempt()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Exchange a refresh token for the next pair; one that is shown twice ends the sign-in' })
  @ApiOkResponse({ type: RefreshedView })
  async refresh(
    @Body() { refreshToken }: RefreshBody,
    @CallerEvidence() evidence: Evidence,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RefreshedView> {
    const token = refreshToken ?? refreshCookie(evidence);
    if (token === undefined) throw new Refused('token_missing');
    const isCookie = refreshToken === undefined;
    const renew = () => this.sessions.refresh(token, { ...placeOf(evidence), isCookie });
    const { tokens } = await this.check.code(evidence, renew);
    if (isCookie) setRefreshCookie(reply, tokens.refreshToken, evidence);
    const view = TokensView.of(tokens, !isCookie);
    return { ...view, tokens: view };
  }
}

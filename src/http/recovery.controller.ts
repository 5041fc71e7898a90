import { Body, Controller, Header, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { PasswordChanges } from '../accounts/password-changes.service.js';
import { type Asked, RecoveryService } from '../accounts/recovery.service.js';
import { Attempt, CallerEvidence } from '../auth/account.guard.js';
import type { Evidence } from '../auth/evidence.js';
import { LoginCheck } from '../auth/login-check.js';
import { MailQuota } from '../auth/mail-quota.js';
import { AddressBody, CodeBody, ResetBody } from './account.bodies.js';
import { MessageView } from './account.views.js';
import { ConsoleLinks } from './account-links.js';

/** The one answer, whoever the address belongs to, if to anybody. */
const SENT = 'if there is such an account, a letter is on its way';

/** By mail, for those who cannot sign in: confirm an address, set a new password. */
@ApiTags('accounts')
@Controller('auth')
export class RecoveryController {
  constructor(
    private readonly recovery: RecoveryService,
    private readonly passwords: PasswordChanges,
    private readonly check: LoginCheck,
    private readonly quota: MailQuota,
    private readonly links: ConsoleLinks,
  ) {}

  @Post('verify-email')
  @Attempt()
  @HttpCode(200)
  @ApiOperation({ summary: 'Confirm an e-mail address by the code of a letter' })
  @ApiOkResponse({ type: MessageView })
  async verify(@Body() { code }: CodeBody, @CallerEvidence() evidence: Evidence): Promise<MessageView> {
    const { source, requestId } = evidence;
    await this.check.code(evidence, () => this.recovery.verifyEmail(code, source, requestId));
    return { message: 'the e-mail address is confirmed' };
  }

  @Post('resend-verification')
  @Attempt()
  @HttpCode(200)
  @ApiOperation({ summary: 'Ask for another letter to confirm an address; the answer is always the same' })
  @ApiOkResponse({ type: MessageView })
  resend(@Body() { email }: AddressBody, @CallerEvidence() evidence: Evidence): Promise<MessageView> {
    return this.ask('verify-email', email, evidence);
  }

  @Post('reset-password/request')
  @Attempt()
  @HttpCode(200)
  @ApiOperation({ summary: 'Ask for a link that sets a new password; the answer is always the same' })
  @ApiOkResponse({ type: MessageView })
  requestReset(@Body() { email }: AddressBody, @CallerEvidence() evidence: Evidence): Promise<MessageView> {
    return this.ask('reset-password', email, evidence);
  }

  @Post('reset-password/confirm')
  @Attempt()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Set a new password by the code of a letter; every sign-in of the person ends' })
  @ApiOkResponse({ type: MessageView })
  async confirmReset(
    @Body() { code, password }: ResetBody,
    @CallerEvidence() evidence: Evidence,
  ): Promise<MessageView> {
    const { source: address, requestId } = evidence;
    await this.check.code(evidence, () => this.passwords.reset(code, password, { address, requestId }));
    return { message: 'the password is set: sign in with it' };
  }

  private async ask(asked: Asked, email: string, evidence: Evidence): Promise<MessageView> {
    await this.quota.spend(evidence);
    await this.recovery.ask(asked, email, this.links);
    return { message: SENT };
  }
}

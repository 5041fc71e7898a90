import { Body, Controller, Get, Header, HttpStatus, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Admissions } from '../accounts/registration/admissions.js';
import { SignUpService } from '../accounts/sign-up.service.js';
import { Attempt, CallerEvidence } from '../auth/account.guard.js';
import type { Evidence } from '../auth/evidence.js';
import { SignUpGate } from '../auth/sign-up-gate.js';
import { RegisterBody } from './account.bodies.js';
import { MessageView, RegistrationView, SignedInView } from './account.views.js';
import { ConsoleLinks } from './account-links.js';
import { SessionAnswers } from './session-answers.js';
import { placeOf } from './sign-in-place.js';

/** Signing up. */
@ApiTags('accounts')
@Controller('auth')
export class RegistrationController {
  constructor(
    private readonly admissions: Admissions,
    private readonly signUps: SignUpService,
    private readonly gate: SignUpGate,
    private readonly answers: SessionAnswers,
    private readonly links: ConsoleLinks,
  ) {}

  @Get('registration')
  @Attempt()
  @ApiOperation({ summary: 'Who may sign up, and what a sign-up page has to ask for' })
  @ApiOkResponse({ type: RegistrationView })
  async state(): Promise<RegistrationView> {
    return RegistrationView.of(await this.admissions.state());
  }

  @Post('register')
  @Attempt()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Sign up; whoever may is signed in at once' })
  @ApiCreatedResponse({ type: SignedInView })
  @ApiAcceptedResponse({
    type: MessageView,
    description: 'Where addresses are verified: what came of it is in the mail.',
  })
  async register(
    @Body() { session: wish, ...wanted }: RegisterBody,
    @CallerEvidence() evidence: Evidence,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignedInView | MessageView> {
    const { links } = this;
    const registered = await this.gate.pass(evidence, (local) =>
      this.signUps.signUp(wanted, { local, signIn: placeOf(evidence), links }),
    );
    if (registered) {
      const { userId, tenantId, session } = registered;
      return this.answers.signedIn({ userId, tenantId, tokens: session.tokens }, { evidence, reply, wish });
    }
    void reply.status(HttpStatus.ACCEPTED);
    return { message: 'look into your mailbox: a letter says how to go on' };
  }
}

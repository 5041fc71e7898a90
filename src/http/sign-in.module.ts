import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { AccountController } from './account.controller.js';
import { ConsoleLinks } from './account-links.js';
import { OwnAddress } from './own-address.js';
import { RecoveryController } from './recovery.controller.js';
import { RegistrationController } from './registration.controller.js';
import { SessionAnswers } from './session-answers.js';
import { SignInController } from './sign-in.controller.js';
import { SigningKeysController } from './signing-keys.controller.js';

/** Signing up, signing in, and what people do with their own account, over REST. */
@Module({
  imports: [AuthModule],
  controllers: [SignInController, RegistrationController, RecoveryController, AccountController, SigningKeysController],
  providers: [OwnAddress, ConsoleLinks, SessionAnswers],
  exports: [SessionAnswers, ConsoleLinks],
})
export class SignInModule {}

import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { InvitationLetters } from './invitation-letters.js';
import { InvitationsController } from './invitations.controller.js';
import { SignInModule } from './sign-in.module.js';
import { TenantsController } from './tenants.controller.js';
import { UsersController } from './users.controller.js';

/** People and tenants over REST. */
@Module({
  imports: [AuthModule, SignInModule],
  controllers: [InvitationsController, UsersController, TenantsController],
  providers: [InvitationLetters],
})
export class PeopleModule {}

import { Injectable } from '@nestjs/common';
import { type Acting, InvitationsService } from '../accounts/invitations.service.js';
import { AccountMail } from '../accounts/mail/account-mail.js';
import type { UserRole } from '../accounts/roles.js';
import { ConsoleLinks } from './account-links.js';
import { InvitationView, type NewInvitationView } from './user.view.js';

/** Asks somebody in, and sends them the link where mail can be sent. */
@Injectable()
export class InvitationLetters {
  constructor(
    private readonly invitations: InvitationsService,
    private readonly mail: AccountMail,
    private readonly links: ConsoleLinks,
  ) {}

  async send(wanted: { readonly email: string; readonly role: UserRole }, acting: Acting): Promise<NewInvitationView> {
    const { code, ...invitation } = await this.invitations.create(wanted, acting);
    const link = this.links.invitation(code);
    return { ...InvitationView.of(invitation), code, link, mailed: this.mail.invite(invitation.email, link) };
  }
}

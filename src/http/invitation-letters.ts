import { Injectable } from '@nestjs/common';
import { type Acting, InvitationsService } from '../accounts/invitations.service.js';
import type { UserRole } from '../accounts/roles.js';
import { InvitationView, type NewInvitationView } from './user.view.js';

/** Asks somebody in, and sends the code to them where mail can be sent. */
@Injectable()
export class InvitationLetters {
  constructor(private readonly invitations: InvitationsService) {}

  async send(wanted: { readonly email: string; readonly role: UserRole }, acting: Acting): Promise<NewInvitationView> {
    const { code, ...invitation } = await this.invitations.create(wanted, acting);
    return { ...InvitationView.of(invitation), code, mailed: false };
  }
}

import { Injectable } from '@nestjs/common';
import { Database } from '../../storage/database.js';
import { alreadyLetter, changedLetter, invitationLetter, resetLetter, verifyLetter } from './letters.js';
import { newMailCode } from './mail-codes.js';
import { Mailer } from './mailer.js';

/** Where the links in letters lead: only the edge knows by which address people reach the gateway. */
export interface AccountLinks {
  verifyEmail(code: string): string;
  resetPassword(code: string): string;
  signIn(): string;
}

/** To whom. */
export interface Addressee {
  readonly userId: string;
  readonly email: string;
}

/** The letters of the accounts. */
@Injectable()
export class AccountMail {
  constructor(
    private readonly database: Database,
    private readonly mailer: Mailer,
  ) {}

  /** Sends a link that confirms the address, unless they had enough of them lately. */
  async verify({ userId, email }: Addressee, links: AccountLinks): Promise<void> {
    const code = await this.database.transaction((manager) => newMailCode(userId, 'verify-email', manager));
    if (code !== undefined) this.mailer.post(verifyLetter(email, links.verifyEmail(code)));
  }

  /** Sends a link that sets a new password, unless they had enough of them lately. */
  async reset({ userId, email }: Addressee, links: AccountLinks): Promise<void> {
    const code = await this.database.transaction((manager) => newMailCode(userId, 'reset-password', manager));
    if (code !== undefined) this.mailer.post(resetLetter(email, links.resetPassword(code)));
  }

  /** Tells somebody who signs up a second time where to sign in. */
  already(email: string, links: AccountLinks): void {
    this.mailer.post(alreadyLetter(email, links.signIn()));
  }

  /** Sends an invitation. False where there is no server of mail: then whoever made it hands it over, and no log has it. */
  invite(email: string, link: string): boolean {
    if (this.mailer.sends) this.mailer.post(invitationLetter(email, link));
    return this.mailer.sends;
  }

  /** Tells somebody that their password is another one now. */
  changed(email: string): void {
    this.mailer.post(changedLetter(email));
  }
}

import { Injectable } from '@nestjs/common';
import type { AccountLinks } from '../accounts/mail/account-mail.js';
import { ConfigService } from '../config/config.service.js';
import { type ConsolePage, consolePath } from './console-address.js';
import { OwnAddress } from './own-address.js';

/** Links to pages of the console. What is secret stands behind `#`, which no server and no log sees (S191). */
@Injectable()
export class ConsoleLinks implements AccountLinks {
  constructor(
    private readonly config: ConfigService,
    private readonly address: OwnAddress,
  ) {}

  verifyEmail(code: string): string {
    return `${this.page('verify-email')}#code=${code}`;
  }

  resetPassword(code: string): string {
    return `${this.page('reset-password')}#code=${code}`;
  }

  invitation(code: string): string {
    return `${this.page('sign-up')}#invitation=${code}`;
  }

  signIn(): string {
    return this.page('sign-in');
  }

  private page(page: ConsolePage): string {
    return new URL(consolePath(this.config.current, page), this.address.url()).href;
  }
}

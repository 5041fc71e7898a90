import { Inject, Injectable } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';
import { LOG, type Log } from '../kernel/log.js';
import { AccountMail, type AccountLinks } from './mail/account-mail.js';
import {
  type Prepared,
  type Registered,
  RegistrationService,
  type SignUp,
  TAKEN,
} from './registration/registration.service.js';
import type { SignIn } from './user-sessions.service.js';

/** From where somebody signs up. */
export interface SignUpPlace {
  /** Whether the caller is this machine, as the chain's `loopback` would have it. */
  readonly local: boolean;
  readonly signIn: Omit<SignIn, 'method'>;
  readonly links: AccountLinks;
}

/** Signing up, and the letter that follows. */
@Injectable()
export class SignUpService {
  constructor(
    private readonly registration: RegistrationService,
    private readonly mail: AccountMail,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /**
   * Signs somebody up; rejects as `RegistrationService` does. Undefined where e-mail addresses are verified and anybody
   * may sign up: then what comes of it is told by mail alone, and the answer goes out before it is known.
   */
  async signUp(wanted: SignUp, place: SignUpPlace): Promise<Required<Registered> | undefined> {
    const prepared = await this.registration.prepare(wanted, place.local);
    if (prepared.hidden) {
      void this.byMail(prepared, place).catch((error: unknown) =>
        this.log.error('accounts: a sign-up failed', { event: 'sign-up.failed', error }),
      );
      return undefined;
    }
    const registered = await this.registration.carryOut(prepared, place.signIn);
    await this.mail.verify(registered, place.links);
    return registered as Required<Registered>;
  }

  private async byMail(prepared: Prepared, { signIn, links }: SignUpPlace): Promise<void> {
    try {
      await this.mail.verify(await this.registration.carryOut(prepared, signIn), links);
    } catch (error) {
      if (!(error instanceof Refused && error.detail.reason === TAKEN)) throw error;
      this.mail.already(prepared.email, links);
    }
  }
}

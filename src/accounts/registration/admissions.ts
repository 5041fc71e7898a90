import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ConfigService } from '../../config/config.service.js';
import { Refused } from '../../kernel/errors.js';
import { HOUSE_TENANT } from '../../kernel/identity.js';
import { Database } from '../../storage/database.js';
import { AccountsSettings, type EmailVerification, type RegistrationMode } from '../accounts.settings.js';
import { InvitationsService } from '../invitations.service.js';
import type { UserRole } from '../roles.js';
import { lockFirstUser, makeTenant, somebodySignedUp } from './registration-rows.js';
import { SetupCodes } from './setup-codes.js';

/** By what somebody wants to sign up. */
export interface Claim {
  /** Canonical. */
  readonly email: string;
  readonly setupCode?: string;
  readonly invitation?: string;
  /** Whether the caller is this machine, as the chain's `loopback` would have it. */
  readonly local: boolean;
}

/** Where somebody who signs up belongs. */
export interface Admission {
  readonly tenantId: string;
  readonly role: UserRole;
  readonly by: 'local' | 'setup-code' | 'invitation' | 'open';
  /** The house knows them already, at least by name. */
  readonly expected: boolean;
}

/** What a sign-up page has to ask for. */
export interface RegistrationState {
  readonly mode: RegistrationMode;
  /** Nobody has signed up: the first one becomes owner of the house, by the code that was printed at the start. */
  readonly awaitsFirstUser: boolean;
  readonly emailVerification: EmailVerification;
}

/** Who may sign up, and as what (contract section 6). */
@Injectable()
export class Admissions {
  /** Once somebody has, that stays so. */
  private somebodyHas = false;

  constructor(
    private readonly database: Database,
    private readonly config: ConfigService,
    private readonly setupCodes: SetupCodes,
    private readonly invitations: InvitationsService,
  ) {}

  async state(): Promise<RegistrationState> {
    const { registration: mode, emailVerification } = this.config.current.get(AccountsSettings);
    if (mode === 'first-user' && !this.somebodyHas) {
      this.somebodyHas = await this.database.transaction((manager) => somebodySignedUp(manager));
    }
    return { mode, awaitsFirstUser: mode === 'first-user' && !this.somebodyHas, emailVerification };
  }

  /** Refuses at once who cannot get in by anything that they show: before a password is hashed for them. */
  async refuseHopeless({ setupCode, invitation, local }: Claim): Promise<void> {
    const { mode, awaitsFirstUser } = await this.state();
    if (mode === 'open') return;
    if (mode === 'closed') throw closed('registration is closed');
    if (invitation !== undefined) return;
    if (!awaitsFirstUser) throw closed('registration is closed: ask for an invitation');
    if (!local && setupCode === undefined)
      throw closed('show the setup code that the gateway printed at its start, or sign up on its own machine');
  }

  /**
   * Spends what is shown, within the transaction that makes the person. Of any number who claim to be the first, one is.
   * Throws Refused: 'code_invalid' for a wrong code, 'registration_closed'.
   */
  async admit(claim: Claim, manager: EntityManager): Promise<Admission> {
    const { registration: mode } = this.config.current.get(AccountsSettings);
    if (mode === 'closed') throw closed('registration is closed');
    if (claim.invitation !== undefined) return this.invited(claim, claim.invitation, manager);
    if (mode === 'first-user') return this.first(claim, manager);
    return { tenantId: await makeTenant(claim.email, manager), role: 'owner', by: 'open', expected: false };
  }

  private async invited({ email }: Claim, invitation: string, manager: EntityManager): Promise<Admission> {
    const invited = await this.invitations.accept(invitation, email, manager);
    if (!invited) throw new Refused('code_invalid', { message: 'the invitation is not valid for this address' });
    return { tenantId: invited.tenantId, role: invited.role, by: 'invitation', expected: true };
  }

  private async first({ setupCode, local }: Claim, manager: EntityManager): Promise<Admission> {
    await lockFirstUser(manager);
    if (await somebodySignedUp(manager)) throw closed('registration is closed: ask for an invitation');
    if (!local && !(await this.setupCodes.isGood(setupCode ?? '', manager)))
      throw new Refused('code_invalid', {
        message: 'this is not the setup code that the gateway printed at its start',
      });
    await this.setupCodes.end(manager);
    return { tenantId: HOUSE_TENANT, role: 'owner', by: local ? 'local' : 'setup-code', expected: true };
  }
}

const closed = (message: string): Refused => new Refused('registration_closed', { message });

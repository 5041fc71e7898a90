import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import { ConfigService } from '../../config/config.service.js';
import { Refused, Unavailable } from '../../kernel/errors.js';
import type { Account, SessionOwner } from '../account.js';
import { AccountsSettings } from '../accounts.settings.js';
import { type ExternalUser, ExternalUserRows } from './external-user-rows.js';
import { type EntryPolicy, isListed, type Vouched } from './vouched.js';

/** How somebody came: `oidc:<provider>` or `issuer`, and in which request. */
export interface Arrival {
  readonly way: string;
  readonly requestId?: string;
}

/**
 * Which of our users somebody is for whom an issuer vouches. Issuer and subject decide. An e-mail address decides nothing
 * by itself: it may be made up, be given to somebody else one day, or stand here with the password of whoever came first.
 */
@Injectable()
export class ExternalUsers {
  constructor(
    private readonly rows: ExternalUserRows,
    private readonly audit: AuditService,
    private readonly config: ConfigService,
  ) {}

  /**
   * The user, linked or made where the policy says so. Rejects with Refused: 'identity_not_allowed', 'registration_closed',
   * 'identity_not_linked', 'identity_email_unverified', 'user_suspended'; with Unavailable when it cannot be found out.
   */
  async enter(who: Vouched, policy: EntryPolicy, arrival: Arrival, manager: EntityManager): Promise<SessionOwner> {
    const known = await this.known(who, policy, manager);
    if (known) return known;
    await this.rows.lock(who, manager);
    return (await this.known(who, policy, manager)) ?? this.establish(who, policy, arrival, manager);
  }

  /**
   * The user whose identity this is already; undefined when it is nobody's. Without a manager the rows are asked outside
   * any transaction.
   */
  async known(who: Vouched, policy: EntryPolicy, manager?: EntityManager): Promise<SessionOwner | undefined> {
    if (!isListed(who, policy)) throw new Refused('identity_not_allowed', { reason: 'it is in none of the lists' });
    const user = await this.rows.find(who, manager);
    if (!user) return undefined;
    if (!user.isActive) throw new Refused('user_suspended');
    if (user.isStale) await this.rows.seen(who, manager);
    return ownerOf(user);
  }

  /** Links an identity to somebody who is signed in. Rejects with Refused: 'identity_not_allowed', 'identity_taken'. */
  async link(
    who: Vouched,
    policy: EntryPolicy,
    account: Pick<Account, 'userId' | 'tenantId'>,
    arrival: Arrival,
    manager: EntityManager,
  ): Promise<void> {
    if (!isListed(who, policy)) throw new Refused('identity_not_allowed', { reason: 'it is in none of the lists' });
    await this.rows.lock(who, manager);
    const holder = await this.rows.find(who, manager);
    if (holder && holder.id !== account.userId) throw new Refused('identity_taken');
    if (holder) return;
    const user = { id: account.userId, tenantId: account.tenantId };
    await this.rows.add(who, user, manager);
    await this.record('user.identity_linked', user, who, { ...arrival, by: 'themselves' }, manager);
  }

  /** Whoever comes for the first time. */
  private async establish(
    who: Vouched,
    policy: EntryPolicy,
    arrival: Arrival,
    manager: EntityManager,
  ): Promise<SessionOwner> {
    const tenant = await this.rows.tenant(policy.tenant, manager);
    if (!tenant) throw new Unavailable(`there is no tenant "${policy.tenant}", which the accounts settings name`);
    if (!tenant.isActive) throw new Refused('user_suspended', { reason: 'the tenant is suspended' });

    const owner = await this.ownerOfAddress(who, policy, tenant.id, manager);
    if (owner) {
      await this.rows.add(who, owner, manager);
      await this.rows.verified(owner.id, manager);
      await this.record('user.identity_linked', owner, who, { ...arrival, by: 'e-mail address' }, manager);
      return ownerOf(owner);
    }
    const user = await this.makeUser(who, policy, tenant.id, manager);
    await this.rows.add(who, user, manager);
    await this.record('user.provisioned', user, who, { ...arrival, role: user.role }, manager);
    return ownerOf(user);
  }

  /**
   * The user who has the address, if the issuer's word for whose it is can be taken (S081, account takeover): it is trusted
   * for that; here the address was verified too, or nobody could sign in with it; and no other identity of this issuer is
   * this user, for addresses are given to new people. Rejects with Refused('identity_not_linked') where it cannot.
   */
  private async ownerOfAddress(
    { email, issuer }: Vouched,
    { trustEmail }: EntryPolicy,
    tenantId: string,
    manager: EntityManager,
  ): Promise<ExternalUser | undefined> {
    const user = email === undefined ? undefined : await this.rows.findByEmail(email, issuer, manager);
    if (!user) return undefined;
    const isTheirs = trustEmail && user.tenantId === tenantId && user.isSafe && !user.isElsewhere;
    if (!isTheirs) throw new Refused('identity_not_linked');
    if (!user.isActive) throw new Refused('user_suspended');
    return user;
  }

  private async makeUser(
    who: Vouched,
    { role, provision, trustEmail, nameless }: EntryPolicy,
    tenantId: string,
    manager: EntityManager,
  ): Promise<ExternalUser> {
    const isOpen = this.config.current.get(AccountsSettings).registration !== 'closed';
    const invited =
      isOpen && trustEmail && who.email !== undefined
        ? await this.rows.acceptInvitation(who.email, tenantId, manager)
        : undefined;
    // First, for it is what the person can do something about.
    if (who.email === undefined && !nameless && (provision || trustEmail)) {
      throw new Refused('identity_email_unverified');
    }
    if (!provision && !invited)
      throw new Refused('identity_not_allowed', { reason: 'it has no user, and none is made' });
    if (!isOpen) throw new Refused('registration_closed');

    const user = await this.rows.make(
      who,
      { tenantId, role: invited ?? role, wasInvited: invited !== undefined },
      manager,
    );
    if (!user) throw new Refused('identity_not_linked', { reason: 'somebody has taken the address at this moment' });
    return user;
  }

  private record(
    action: string,
    user: Pick<ExternalUser, 'id' | 'tenantId'>,
    { issuer, subject }: Vouched,
    { way, requestId, ...more }: Arrival & Readonly<Record<string, unknown>>,
    manager: EntityManager,
  ): Promise<void> {
    const detail = { way, issuer, subject, ...more };
    const target = `user:${user.id}`;
    return this.audit.append({ tenantId: user.tenantId, actor: target, action, target, requestId, detail }, manager);
  }
}

const ownerOf = ({ id, tenantId, email, role }: ExternalUser): SessionOwner => ({ id, tenantId, email, role });

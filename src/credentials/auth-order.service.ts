import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { ConfigService } from '../config/config.service.js';
import { Refused } from '../kernel/errors.js';
import { HOUSE_TENANT } from '../kernel/identity.js';
import { agents } from './agents.js';
import { changedOrder, type AuthOrder, orderOf } from './auth-order.js';
import { AuthProfileSettings } from './auth-profiles.settings.js';
import { MAIN_AGENT } from './agent-id.js';
import { inherit } from './inheritance.js';
import { PROFILE_STORE, type ProfileStore } from './profile-store.js';
import { providerId } from './profile.js';

/** Who asks for a change, for the audit. */
export interface OrderChange {
  /** Method and subject. */
  readonly actor: string;
  readonly requestId?: string;
}

/** The order in which an agent's profiles of a provider are tried (contract section 6). */
@Injectable()
export class AuthOrderService {
  constructor(
    @Inject(PROFILE_STORE) private readonly store: ProfileStore,
    private readonly config: ConfigService,
    private readonly audit: AuditService,
  ) {}

  /** Throws Refused for an agent that is not there. */
  async get(agent: string, provider: string): Promise<AuthOrder> {
    const id = this.agent(agent);
    return orderOf(id, provider, await this.store.read(id), this.config.current.get(AuthProfileSettings).order);
  }

  /** Stores an order. Throws Refused, and changes nothing, for ids that are not profiles of the agent at that provider. */
  async set(agent: string, provider: string, ids: readonly string[], by: OrderChange): Promise<AuthOrder> {
    return this.change(agent, provider, ids, by);
  }

  /** Takes the stored order away: the configuration's holds again, or none. */
  async clear(agent: string, provider: string, by: OrderChange): Promise<AuthOrder> {
    return this.change(agent, provider, undefined, by);
  }

  private async change(
    name: string,
    provider: string,
    ids: readonly string[] | undefined,
    { actor, requestId }: OrderChange,
  ): Promise<AuthOrder> {
    const agent = this.agent(name);
    const main = await this.store.read(MAIN_AGENT);
    await this.store.update(agent, (stored) =>
      changedOrder(stored, inherit(agent, stored, main).stored, provider, ids),
    );
    this.audit.note({
      tenantId: HOUSE_TENANT,
      actor,
      action: ids ? 'auth-order.set' : 'auth-order.cleared',
      target: `agent:${agent}`,
      ...(requestId !== undefined && { requestId }),
      detail: { provider: providerId(provider), ...(ids && { order: ids }) },
    });
    return this.get(agent, provider);
  }

  private agent(name: string): string {
    const agent = this.config.current.once(agents).get(name.toLowerCase());
    if (agent) return agent.id;
    throw new Refused('not_found', { message: `no such agent: ${name}; see doorward agents list` });
  }
}

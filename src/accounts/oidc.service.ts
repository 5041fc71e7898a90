import { Injectable } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';
import { Database } from '../storage/database.js';
import { ExternalUsers } from './external/external-users.service.js';
import { policyOf } from './oidc/entry-policy.js';
import { type Departure, OidcFlows, type Return, type Returned } from './oidc/oidc-flows.js';
import { OidcRefusals } from './oidc/oidc-refusals.js';
import { type SignIn, type StartedSession, UserSessionsService } from './user-sessions.service.js';

/** What came of it: a sign-in, or without one a linked identity. */
export interface OidcOutcome {
  readonly session?: StartedSession;
  /** A path of the console that the person wanted. */
  readonly returnTo: string | null;
}

/** Signing in through other providers (contract section 6): who somebody is there decides who they are here. */
@Injectable()
export class OidcService {
  constructor(
    private readonly flows: OidcFlows,
    private readonly users: ExternalUsers,
    private readonly sessions: UserSessionsService,
    private readonly database: Database,
    private readonly refusals: OidcRefusals,
  ) {}

  /** As OidcFlows.depart. */
  start(name: string, departure: Departure): Promise<{ url: URL; browser: string }> {
    return this.flows.depart(name, departure);
  }

  /**
   * Signs in whoever came back, or links their identity to whoever had asked for that while signed in. Rejects with Refused,
   * as OidcFlows.arrive and ExternalUsers do; each refusal is a row of the audit.
   */
  async finish(name: string, arrived: Return, signIn: Omit<SignIn, 'method'>): Promise<OidcOutcome> {
    try {
      return await this.conclude(name, await this.flows.arrive(name, arrived), signIn);
    } catch (error) {
      if (error instanceof Refused) this.refusals.note(name, error, signIn);
      throw error;
    }
  }

  private async conclude(
    name: string,
    { who, provider, flow }: Returned,
    signIn: Omit<SignIn, 'method'>,
  ): Promise<OidcOutcome> {
    const { link, returnTo } = flow;
    const method = `oidc:${name}`;
    const arrival = { way: method, requestId: signIn.requestId };
    const policy = policyOf(provider);
    return this.database.transaction(async (manager) => {
      if (link) {
        await this.users.link(who, policy, link, arrival, manager);
        return { returnTo };
      }
      const user = await this.users.enter(who, policy, arrival, manager);
      return { session: await this.sessions.start(user, { ...signIn, method }, manager), returnTo };
    });
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { ConfigService } from '../config/config.service.js';
import { WrongReference } from '../config/secret-source.js';
import type { ConfigSnapshot } from '../config/settings.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { Refused } from '../kernel/errors.js';
import { HOUSE_TENANT } from '../kernel/identity.js';
import { settle } from '../secrets/question.js';
import { referenceProblem } from '../secrets/reference-problem.js';
import { readSecretRef } from '../secrets/secret-ref.js';
import { agents } from './agents.js';
import { shortcomingOf } from './candidate-order.js';
import { storeLogin } from './methods/store-login.js';
import { PROFILE_STORE, type ProfileStore } from './profile-store.js';
import { type Profile, profileId, providerId } from './profile.js';

/** What a profile may hold beside `type`, `provider` and `email`. */
const FIELDS: Readonly<Record<Profile['type'], readonly string[]>> = {
  api_key: ['key', 'keyRef'],
  token: ['token', 'tokenRef', 'expires'],
  oauth: ['access', 'refresh', 'expires', 'accountId', 'clientId'],
};

/** Who asks for a change, for the audit. */
export interface ProfileActor {
  /** Method and subject. */
  readonly actor: string;
  readonly requestId?: string;
}

/** Takes credentials in that somebody has got elsewhere: what a sign-in on another machine ends with. */
@Injectable()
export class ProfilesService {
  constructor(
    @Inject(PROFILE_STORE) private readonly store: ProfileStore,
    private readonly config: ConfigService,
    private readonly audit: AuditService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Stores a profile in the place of whatever had its id. Throws Refused, and changes nothing, for an unknown agent, an id
   * of another provider, a reference that leads to no declared provider, and a profile that holds nothing to use.
   */
  async put(agentName: string, id: string, profile: Profile, { actor, requestId }: ProfileActor): Promise<void> {
    const config = this.config.current;
    const agent = config.once(agents).get(agentName.toLowerCase());
    if (!agent) {
      throw new Refused('not_found', { message: `no such agent: ${agentName}; see doorward agents list` });
    }
    const provider = providerId(profile.provider);
    const [owner = '', ...name] = id.split(':');
    if (name.length === 0 || providerId(owner) !== provider || profileId(provider, name.join(':')) !== id) {
      throw wrong('profileId', `must be "${provider}:" and a name in lower case, such as ${profileId(provider)}`);
    }
    refuseStrangers(profile, config);
    const why = shortcomingOf(profile, this.clock.now());
    if (why !== undefined) throw wrong('type', `the profile cannot be used: ${why.replaceAll('_', ' ')}`);

    await storeLogin(this.store, agent.id, { id, profile: { ...profile, provider } }, this.clock.now());
    this.audit.note({
      tenantId: HOUSE_TENANT,
      actor,
      action: 'auth-profile.stored',
      target: `agent:${agent.id}`,
      ...(requestId !== undefined && { requestId }),
      detail: { profile: id, type: profile.type },
    });
  }
}

/**
 * A login with a reference would keep the next start from succeeding, and so would a reference to nobody: a crooked one, or
 * one to a provider that is not declared.
 */
function refuseStrangers(profile: Profile, config: ConfigSnapshot): void {
  const allowed = ['type', 'provider', 'email', ...FIELDS[profile.type]];
  const stranger = Object.keys(profile).find((field) => !allowed.includes(field));
  if (stranger !== undefined) throw wrong(stranger, `is nothing that a profile of type ${profile.type} holds`);
  for (const field of ['keyRef', 'tokenRef']) {
    const reference = profile[field];
    if (reference === undefined) continue;
    const read = readSecretRef(reference);
    if (read === undefined) throw wrong(field, 'must be a reference: { source, provider, id }');
    if (read instanceof WrongReference) throw wrong(field, read.message);
    const problem = referenceProblem(settle(read, config), config);
    if (problem !== undefined) throw wrong(field, problem);
  }
}

function wrong(path: string, message: string): Refused {
  return new Refused('invalid_request', { message: `${path}: ${message}`, fields: [{ path, message }] });
}

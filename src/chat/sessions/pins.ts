import { Inject, Injectable } from '@nestjs/common';
import { MAIN_AGENT } from '../../credentials/agent-id.js';
import { inherit } from '../../credentials/inheritance.js';
import { type ModelRef, modelRefText } from '../../credentials/model-ref.js';
import { PROFILE_STORE, type ProfileStore } from '../../credentials/profile-store.js';
import { providerId } from '../../credentials/profile.js';
import { Refused } from '../../kernel/errors.js';
import { HOUSE_TENANT } from '../../kernel/identity.js';

/** Which profile of a provider a person may choose for a session. */
@Injectable()
export class Pins {
  constructor(@Inject(PROFILE_STORE) private readonly store: ProfileStore) {}

  /**
   * The id of the profile that a person names, in full or without its provider. Throws Refused('invalid_request') for one
   * that is not there or is of another provider. Profiles are the house's: whoever is of another tenant finds none.
   */
  async find(name: string, { tenantId, agent, ref }: { tenantId: string; agent: string; ref: ModelRef }) {
    const profiles = tenantId === HOUSE_TENANT ? await this.profilesOf(agent) : {};
    const { provider } = ref;
    const id = [name, `${provider}:${name}`].find((text) => Object.hasOwn(profiles, text));
    if (id === undefined) throw wrong(`no such profile: ${name.slice(0, 128)}; nothing was changed`);
    const owner = providerId(profiles[id]!.provider);
    if (owner === provider) return id;
    throw wrong(`profile ${id} is of ${owner}, and ${modelRefText(ref)} of ${provider}; nothing was changed`);
  }

  /** Whether what was chosen once is good for another model as well. */
  async suits(id: string, { agent, ref }: { agent: string; ref: ModelRef }): Promise<boolean> {
    const profiles = await this.profilesOf(agent);
    return Object.hasOwn(profiles, id) && providerId(profiles[id]!.provider) === ref.provider;
  }

  private async profilesOf(agent: string) {
    const [own, main] = await Promise.all([this.store.read(agent), this.store.read(MAIN_AGENT)]);
    return inherit(agent, own, main).stored.profiles;
  }
}

function wrong(message: string): Refused {
  return new Refused('invalid_request', { message, fields: [{ path: 'profile', message }] });
}

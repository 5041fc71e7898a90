import { Inject, Injectable } from '@nestjs/common';
import type { ConfigSnapshot } from '../../config/settings.js';
import { CredentialsService } from '../../credentials/credentials.service.js';
import { type ModelRef, modelRefText } from '../../credentials/model-ref.js';
import { modelProviders } from '../../credentials/model-providers.js';
import { publicAddress } from '../../credentials/provider-list.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Refused } from '../../kernel/errors.js';
import { HOUSE_TENANT, type Identity } from '../../kernel/identity.js';
import { covers } from '../../kernel/scopes.js';
import type { ModelDirective } from '../model-directive.js';
import { menuText, type StatusText, statusText } from './model-texts.js';
import { Pins } from './pins.js';
import type { SessionChoice } from './session.js';
import { currentModel, modelCalled, modelMenu } from './session-models.js';

/** What a command says, and what it chooses where it chooses something. */
export interface Judged {
  readonly reply: string;
  readonly change?: { readonly model: string | null; readonly profile: string | null };
}

/** Who gave a command, where, and by which configuration it is judged. */
export interface CommandGround {
  readonly caller: Identity;
  readonly session: SessionChoice;
  readonly config: ConfigSnapshot;
}

/** Takes the agent's own choice back up. */
const DEFAULT = 'default';

/** `/model` in a session (reference F.5): judged here, carried out by whoever asked. */
@Injectable()
export class ModelCommands {
  constructor(
    private readonly pins: Pins,
    private readonly credentials: CredentialsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Throws Refused, so that nothing is changed, for a model, a number or a profile that is not there or does not fit. */
  async judge(directive: ModelDirective, ground: CommandGround): Promise<Judged> {
    const { session, config } = ground;
    switch (directive.kind) {
      case 'list':
        return { reply: menuText(modelMenu(session, config), currentModel(session, config)) };
      case 'status':
        return { reply: statusText(await this.status(ground)) };
      case 'pick':
        return this.choose(picked(directive.number, ground), undefined, ground);
      case 'set':
        if (directive.model.toLowerCase() === DEFAULT && directive.profile === undefined) return this.letGo(ground);
        return this.choose(modelCalled(directive.model, session, config), directive.profile, ground);
    }
  }

  /**
   * The same for whoever says model and profile apart: null is the agent's own model, or no profile; what is left out
   * stays. Throws as `judge` does.
   */
  async patch(
    { model, profile }: { readonly model?: string | null; readonly profile?: string | null },
    ground: CommandGround,
  ): Promise<Judged['change']> {
    const { session, config } = ground;
    if (model === undefined && profile === undefined) return undefined;
    if (model === null && !profile) return { model: null, profile: null };
    const kept = model === null ? { ...session, model: null } : session;
    const ref = model ? modelCalled(model, session, config) : currentModel(kept, config);
    if (profile === null) return { model: model && ref ? modelRefText(ref) : kept.model, profile: null };
    if (ref) return (await this.choose(ref, profile, ground)).change;
    throw new Refused('invalid_request', { message: 'no model is configured that a profile could go with' });
  }

  private async choose(ref: ModelRef, profile: string | undefined, { session }: CommandGround): Promise<Judged> {
    const { tenantId, agent, profile: kept } = session;
    const model = modelRefText(ref);
    if (profile !== undefined) {
      const id = await this.pins.find(profile, { tenantId, agent, ref });
      return { reply: `This session now asks ${model}, with profile ${id}.`, change: { model, profile: id } };
    }
    const stays = kept !== null && (await this.pins.suits(kept, { agent, ref }));
    const withProfile = stays ? `, with profile ${kept}` : '';
    return { reply: `This session now asks ${model}${withProfile}.`, change: { model, profile: stays ? kept : null } };
  }

  private letGo({ session, config }: CommandGround): Judged {
    const ref = currentModel({ ...session, model: null }, config);
    const what = ref ? modelRefText(ref) : 'no model: none is configured';
    return {
      reply: `This session now asks what agent ${session.agent} asks: ${what}.`,
      change: { model: null, profile: null },
    };
  }

  /** Where credentials come from, and under which names, is for admins of the house alone. */
  private async status({ caller, session, config }: CommandGround): Promise<StatusText> {
    const ref = currentModel(session, config);
    const provider = ref && config.once(modelProviders).get(ref.provider);
    const mayLook = caller.tenantId === HOUSE_TENANT && covers(caller.scopes, 'operator.admin');
    const need = ref && { agent: session.agent, ...ref, ...(session.profile !== null && { pin: session.profile }) };
    return {
      session,
      ref,
      now: this.clock.now(),
      ...(provider && { dialect: provider.dialect }),
      ...(provider && mayLook && { endpoint: publicAddress(provider.baseUrl) }),
      ...(need && mayLook && { explanation: await this.credentials.explain(need, config) }),
    };
  }
}

function picked(number: number, { session, config }: CommandGround): ModelRef {
  const menu = modelMenu(session, config);
  const line = menu[number - 1];
  if (line) return line.ref;
  const message = `there is no model ${number}: /model list has ${menu.length}; nothing was changed`;
  throw new Refused('invalid_request', { message, fields: [{ path: 'message', message }] });
}

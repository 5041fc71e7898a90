import { Injectable } from '@nestjs/common';
import type { ModelCall } from '../../chat/model-call.js';
import { modelsOf } from '../../chat/sessions/session-models.js';
import { ownerOf } from '../../chat/sessions/session-owner.js';
import { SessionsService } from '../../chat/sessions/sessions.service.js';
import { Unavailable } from '../../kernel/errors.js';

/** What was chosen with `/model` for the conversation that a request belongs to (contract section 7). */
@Injectable()
export class Conversation {
  constructor(private readonly sessions: SessionsService) {}

  /**
   * The call as its conversation wants it: with the model and the profile that were chosen there. Only for a call of the
   * owner's, and without a database as it is: what needs none is served. Rejects with Refused for a model that has gone.
   */
  async chosenFor(call: ModelCall): Promise<ModelCall> {
    const { caller, agent, session: sessionKey, config } = call;
    try {
      const session = await this.sessions.find(caller, { sessionKey: sessionKey!, agent });
      if (!session || session.owner !== ownerOf(caller) || session.agent !== agent) return call;
      const { model, profile } = session;
      return {
        ...call,
        ...(model !== null && { models: modelsOf(session, config) }),
        ...(profile !== null && { pin: profile }),
      };
    } catch (error) {
      if (error instanceof Unavailable) return call;
      throw error;
    }
  }
}

import { Inject } from '@nestjs/common';
import { ChatService } from '../chat/sessions/chat.service.js';
import { splitProfile } from '../chat/model-directive.js';
import { type SessionView, SessionViews } from '../chat/sessions/session-views.js';
import { SessionsService } from '../chat/sessions/sessions.service.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import type { Identity } from '../kernel/identity.js';
import { Method, RpcGateway } from './rpc.js';
import { DeleteParams, ListParams, PatchParams, ResetParams } from './sessions.params.js';

const USUAL_LIMIT = 200;

/** Where sessions are kept, as clients of the family show it. */
const STORE = 'database';

/** Sessions over the wire: which there are, what is chosen for them, and beginning anew. */
@RpcGateway()
export class SessionsGateway {
  constructor(
    private readonly sessions: SessionsService,
    private readonly chat: ChatService,
    private readonly views: SessionViews,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Method('sessions.list', {
    scope: 'operator.read',
    params: ListParams,
    summary: 'Your sessions, the last used first; for admins all of their tenant.',
  })
  async list(params: ListParams, caller: Identity): Promise<object> {
    const { limit = USUAL_LIMIT, offset = 0, archived, agentId, label, activeMinutes, search } = params;
    const filter = { limit: limit + 1, offset, agent: agentId?.toLowerCase(), label, activeMinutes, search };
    const found = archived === true ? [] : await this.sessions.list(caller, filter);
    const hasMore = found.length > limit;
    const sessions = found.slice(0, limit).map((session) => this.views.session(session, caller));
    const about = { ts: this.clock.now(), path: STORE, defaults: this.views.defaults(caller) };
    return { ...about, count: sessions.length, hasMore, ...(hasMore && { nextOffset: offset + limit }), sessions };
  }

  @Method('sessions.patch', {
    scope: 'operator.write',
    params: PatchParams,
    summary: 'Chooses model, profile or label of a session; null takes a choice back.',
  })
  async patch(params: PatchParams, caller: Identity): Promise<object> {
    const { key, agentId, label, expectedSessionId: conversationId } = params;
    const address = { sessionKey: key, agent: agentId, conversationId };
    const changed = await this.chat.patch(caller, address, { label, ...wishOf(params) });
    return this.entry(key, this.views.session(changed, caller));
  }

  @Method('sessions.reset', {
    scope: 'operator.write',
    params: ResetParams,
    summary: 'Begins a session anew: what was said and chosen is gone, answers under way are ended.',
  })
  async reset({ key, agentId, expectedSessionId }: ResetParams, caller: Identity): Promise<object> {
    const address = { sessionKey: key, agent: agentId, conversationId: expectedSessionId };
    const begun = await this.chat.reset(caller, address);
    return this.entry(key, this.views.session(begun, caller));
  }

  @Method('sessions.delete', {
    scope: 'operator.write',
    params: DeleteParams,
    summary: 'Takes a session away, with all that was said in it.',
  })
  async delete(params: DeleteParams, caller: Identity): Promise<object> {
    const { key, agentId, expectedSessionId: conversationId, expectedSessionUpdatedAt: updatedAt } = params;
    const address = { sessionKey: key, agent: agentId, conversationId, updatedAt };
    const session = await this.sessions.look(caller, address);
    const deleted = session !== undefined && !params.archivedOnly;
    if (deleted) await this.chat.remove(session);
    return { ok: true, key, deleted, archived: [] };
  }

  private entry(key: string, entry: SessionView): object {
    const { modelProvider, model } = entry;
    return { ok: true, path: STORE, key, entry, resolved: { modelProvider, model } };
  }
}

/** `model` may hold the profile as well. */
function wishOf({ model, profile }: PatchParams): { model?: string | null; profile?: string | null } {
  const named = typeof model === 'string' ? splitProfile(model) : { model };
  return { ...named, ...(profile !== undefined && { profile }) };
}

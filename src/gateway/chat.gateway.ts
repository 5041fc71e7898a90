import { type Stay, Stays } from '../auth/stays.js';
import { ChatService } from '../chat/sessions/chat.service.js';
import type { ChatRun } from '../chat/sessions/chat-run.js';
import type { Sent } from '../chat/sessions/chat.service.js';
import { SessionViews } from '../chat/sessions/session-views.js';
import { SessionsService } from '../chat/sessions/sessions.service.js';
import type { Identity } from '../kernel/identity.js';
import { imagesOf } from './chat-attachments.js';
import { AbortParams, HistoryParams, SendParams } from './chat.params.js';
import type { Connection } from './connection.js';
import { Method, RpcGateway } from './rpc.js';

/** How many messages a history has when nobody says. */
const USUAL_LIMIT = 200;

const NOTHING_SAID = { messages: [], hasMore: false };

/** Conversations with agents over the wire, in the words of the family. */
@RpcGateway()
export class ChatGateway {
  constructor(
    private readonly chat: ChatService,
    private readonly sessions: SessionsService,
    private readonly views: SessionViews,
    private readonly stays: Stays,
  ) {}

  @Method('chat.send', {
    scope: 'operator.write',
    params: SendParams,
    summary: 'Says something to an agent; the answer comes as events `chat`. `/model …` chooses what answers.',
  })
  async send(params: SendParams, caller: Identity, { id }: Connection): Promise<Sent> {
    const { epoch } = this.stays;
    const { sessionKey, agentId, message, idempotencyKey, attachments, timeoutMs } = params;
    return this.chat.send(caller, {
      sessionKey,
      agent: agentId,
      message,
      images: imagesOf(attachments ?? []),
      runId: idempotencyKey,
      timeoutMs,
      requestId: id,
      isPlain: params.suppressCommandInterpretation === true,
      onBegin: (run) => this.hold(run, epoch),
    });
  }

  @Method('chat.history', {
    scope: 'operator.read',
    params: HistoryParams,
    summary: 'What was said in a session, and what is being answered in it.',
  })
  async history(params: HistoryParams, caller: Identity): Promise<object> {
    const { sessionKey, agentId, limit = USUAL_LIMIT, offset = 0, maxChars } = params;
    const session = await this.sessions.look(caller, { sessionKey, agent: agentId });
    const said = session ? await this.sessions.history(session, limit, { skip: offset }) : NOTHING_SAID;
    const more = said.hasMore ? { nextOffset: offset + said.messages.length } : {};
    return { ...this.views.history(sessionKey, session, said, maxChars), ...more };
  }

  @Method('chat.abort', {
    scope: 'operator.write',
    params: AbortParams,
    summary: 'Ends an answer under way, or all of a session.',
  })
  async abort({ sessionKey, agentId, runId }: AbortParams, caller: Identity): Promise<object> {
    const session = await this.sessions.look(caller, { sessionKey, agent: agentId });
    const runIds = session ? await this.chat.abort(session, runId) : [];
    return { ok: true, aborted: runIds.length > 0, runIds };
  }

  /** A run outlives its socket, and ends with the credential that began it. */
  private hold(run: ChatRun, epoch: number): void {
    const stay: Stay = {
      identity: run.place.caller,
      end: (why) => {
        this.stays.remove(stay);
        run.end(why);
      },
    };
    this.stays.add(stay, epoch);
    void run.over.then(() => this.stays.remove(stay));
  }
}

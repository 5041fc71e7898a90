import { Injectable } from '@nestjs/common';
import { ConfigService } from '../../config/config.service.js';
import type { Identity } from '../../kernel/identity.js';
import { catalogue } from '../targets/catalogue.js';
import { type ChatText, chatText } from './chat-event.js';
import { ChatRuns } from './chat-runs.js';
import type { Message, Session } from './session.js';
import { contextRoom, currentModel } from './session-models.js';
import { ownerOf, sessionKeyFor } from './session-owner.js';
import type { History } from './sessions.service.js';

/** A session in a list, in the shape of the family. Times in milliseconds since the epoch. */
export interface SessionView {
  readonly id: string;
  /** What to name it by: its key, or its id where it is another's. */
  readonly key: string;
  readonly kind: 'direct';
  readonly sessionId: string;
  readonly agentId: string;
  readonly label?: string;
  readonly displayName: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly modelProvider?: string;
  readonly model?: string;
  /** What was chosen for it, beside what its agent asks. */
  readonly modelOverride?: string;
  readonly authProfileOverride?: string;
  readonly contextTokens?: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly hasActiveRun: boolean;
  /** Whose it is, where it is another's. */
  readonly owner?: { readonly actor: { readonly type: 'human'; readonly id: string } };
}

/** Null where no model is configured. */
export interface SessionDefaults {
  readonly modelProvider: string | null;
  readonly model: string | null;
  readonly contextTokens: number | null;
}

/** A message in a history, in the shape of the family. */
export interface MessageView extends ChatText {
  readonly runId: string;
  readonly provider?: string;
  readonly model?: string;
  readonly stopReason?: string;
  /** Why the answer is not whole. */
  readonly cut?: string;
  readonly attachments?: readonly string[];
  /** A command and its reply: no model has read them. */
  readonly command?: true;
  readonly usage?: { readonly input: number; readonly output: number; readonly totalTokens: number };
  readonly __openclaw: { readonly id: string; readonly seq: number };
}

export interface HistoryView {
  readonly sessionKey: string;
  readonly sessionId?: string;
  readonly messages: readonly MessageView[];
  readonly hasMore: boolean;
  /** The first answer under way, with what has come of it. */
  readonly inFlightRun?: { readonly runId: string; readonly text: string };
  readonly sessionInfo: { readonly hasActiveRun: boolean; readonly activeRunIds: readonly string[] };
}

/** Sessions and what was said in them, as both edges show them. */
@Injectable()
export class SessionViews {
  constructor(
    private readonly runs: ChatRuns,
    private readonly config: ConfigService,
  ) {}

  /** What a session asks for which nothing was chosen. */
  defaults({ tenantId }: Identity): SessionDefaults {
    const config = this.config.current;
    const agent = catalogue(config, tenantId).defaultAgent?.id;
    const ref = agent === undefined ? undefined : currentModel({ tenantId, agent, model: null }, config);
    if (!ref) return { modelProvider: null, model: null, contextTokens: null };
    return { modelProvider: ref.provider, model: ref.model, contextTokens: contextRoom(ref, config) };
  }

  session(session: Session, caller: Identity): SessionView {
    const isOwn = ownerOf(caller) === session.owner;
    const config = this.config.current;
    const ref = currentModel(session, config);
    const { label, model, profile, inputTokens, outputTokens, createdAt, updatedAt } = session;
    return {
      id: session.id,
      key: sessionKeyFor(caller, session),
      kind: 'direct',
      sessionId: session.conversationId,
      agentId: session.agent,
      ...(label !== null && { label }),
      displayName: label ?? session.key,
      createdAt: createdAt.getTime(),
      updatedAt: updatedAt.getTime(),
      ...(ref && { modelProvider: ref.provider, model: ref.model, contextTokens: contextRoom(ref, config) }),
      ...(model !== null && { modelOverride: model }),
      ...(profile !== null && { authProfileOverride: profile }),
      inputTokens: Number(inputTokens),
      outputTokens: Number(outputTokens),
      totalTokens: Number(inputTokens) + Number(outputTokens),
      hasActiveRun: this.runs.of(session.id).length > 0,
      ...(!isOwn && { owner: { actor: { type: 'human', id: session.owner } } }),
    };
  }

  /** Of a session that is not there yet when `session` is undefined. */
  history(
    sessionKey: string,
    session: Session | undefined,
    { messages, hasMore }: History,
    maxChars = Infinity,
  ): HistoryView {
    const active = session ? this.runs.of(session.id) : [];
    const [first] = active;
    return {
      sessionKey,
      ...(session && { sessionId: session.conversationId }),
      messages: messages.map((message) => messageView(message, maxChars)),
      hasMore,
      ...(first && { inFlightRun: { runId: first.place.runId, text: first.text } }),
      sessionInfo: { hasActiveRun: active.length > 0, activeRunIds: active.map(({ place }) => place.runId) },
    };
  }
}

function messageView({ id, seq, runId, role, kind, createdAt, said }: Message, maxChars: number): MessageView {
  const { model, usage, stopReason, cut, attachments } = said;
  const slash = model?.indexOf('/') ?? -1;
  const text = said.text.length > maxChars ? `${said.text.slice(0, maxChars)}\n…` : said.text;
  return {
    ...chatText(role, text, createdAt.getTime()),
    runId,
    ...(model !== undefined && { provider: model.slice(0, slash), model: model.slice(slash + 1) }),
    ...(stopReason !== undefined && { stopReason }),
    ...(cut !== undefined && { cut }),
    ...(attachments && { attachments }),
    ...(kind === 'command' && { command: true }),
    ...(usage && { usage: { input: usage.input, output: usage.output, totalTokens: usage.input + usage.output } }),
    __openclaw: { id, seq },
  };
}

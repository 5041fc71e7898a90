import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '../../config/config.service.js';
import { MAIN_AGENT } from '../../credentials/agent-id.js';
import { Refused } from '../../kernel/errors.js';
import type { Identity } from '../../kernel/identity.js';
import { LOG, type Log } from '../../kernel/log.js';
import { catalogue } from '../targets/catalogue.js';
import { ChatRuns } from './chat-runs.js';
import { MessageRows, type Place, type RunStanding } from './message-rows.js';
import type { Message, NewMessage, Session, SessionChoice } from './session.js';
import { MAIN_KEY, readSessionKey, type SessionName } from './session-key.js';
import { type SessionChange, type SessionFilter, SessionRows } from './session-rows.js';
import { SessionsSettings } from './sessions.settings.js';

/** Which session a caller means. */
export interface SessionAddress {
  /** As the caller writes it; the id of a session that they may see is one as well. */
  readonly sessionKey: string;
  /** Whose it is where the key does not say; default: the caller's default agent. */
  readonly agent?: string;
  /** Which conversation the caller thinks that it is. */
  readonly conversationId?: string;
  /** When the caller thinks that it was used last, in milliseconds since the epoch. */
  readonly updatedAt?: number;
}

/** A part of what was said. */
export interface History {
  /** The oldest first. */
  readonly messages: readonly Message[];
  /** Whether there are older ones. */
  readonly hasMore: boolean;
}

/** The agent that nobody has to name. */
const DEFAULT = 'default';

/** How many messages are read at once when a conversation is gone through backwards. */
const PAGE = 400;

/**
 * Conversations: who may see them, what was said in them. Another's session is `not_found`, exactly as one that never
 * was (S124).
 */
@Injectable()
export class SessionsService {
  constructor(
    private readonly sessions: SessionRows,
    private readonly messages: MessageRows,
    private readonly runs: ChatRuns,
    private readonly config: ConfigService,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Throws Refused('invalid_request') for a key that is none. */
  nameOf({ tenantId }: Identity, { sessionKey, agent }: SessionAddress): SessionName {
    const open = catalogue(this.config.current, tenantId);
    const usual = open.defaultAgent?.id ?? MAIN_AGENT;
    const name = readSessionKey(sessionKey, agent ?? usual);
    const meansDefault = name.agent === DEFAULT && open.agent(DEFAULT) === undefined;
    return meansDefault ? { ...name, agent: usual } : name;
  }

  /** Undefined where there is none that the caller may see. */
  async find(caller: Identity, address: SessionAddress): Promise<Session | undefined> {
    return this.sessions.find(caller, this.nameOf(caller, address));
  }

  /**
   * Throws Refused('not_found'), unless it is the one that everybody has: undefined while nothing was said in it. Throws
   * Refused('conflict') when it was begun anew or used since the caller saw it.
   */
  async look(caller: Identity, address: SessionAddress): Promise<Session | undefined> {
    const name = this.nameOf(caller, address);
    const found = await this.sessions.find(caller, name);
    if (!found && name.key !== MAIN_KEY) throw noSession(address.sessionKey);
    const { conversationId = found?.conversationId, updatedAt = found?.updatedAt.getTime() } = address;
    if (found?.conversationId !== conversationId) throw stale('begun anew');
    if (found?.updatedAt.getTime() !== updatedAt) throw stale('used');
    return found;
  }

  /** Begins a session; the one that is there where somebody was quicker. What is under way in those that had to go ends. */
  async begin(caller: Identity, address: SessionAddress): Promise<Session> {
    const { session, gone } = await this.sessions.make(caller, this.nameOf(caller, address), this.settings.maxPerOwner);
    await Promise.all(gone.map((old) => this.runs.end(old, 'reset')));
    return session;
  }

  /** What a session is before it is begun. */
  blank(caller: Identity, address: SessionAddress): SessionChoice {
    return { tenantId: caller.tenantId, agent: this.nameOf(caller, address).agent, model: null, profile: null };
  }

  async list(caller: Identity, filter: SessionFilter): Promise<Session[]> {
    return this.sessions.list(caller, filter);
  }

  /** Throws Refused('not_found') when it has gone meanwhile, and Refused('conflict') when it was begun anew. */
  async change(session: Session, change: SessionChange): Promise<Session> {
    const changed = await this.sessions.change(session, change);
    if (changed) return changed;
    throw (await this.sessions.again(session)) ? stale('begun anew') : noSession(session.key);
  }

  /**
   * Takes away what was said, and what was chosen; nothing where somebody else has done so meanwhile. Throws
   * Refused('not_found') when it has gone meanwhile.
   */
  async reset(session: Session): Promise<Session> {
    const begun = (await this.sessions.reset(session)) ?? (await this.sessions.again(session));
    if (!begun) throw noSession(session.key);
    return begun;
  }

  /** With all that was said in it. Throws Refused('conflict') when it was begun anew meanwhile. */
  async remove(session: Session): Promise<void> {
    if (await this.sessions.remove(session)) return;
    if (await this.sessions.again(session)) throw stale('begun anew');
  }

  /** The last messages before number `before`, the oldest first: fewer than `limit` where they are very long. */
  async history(session: Session, limit: number, { before, skip }: Place = {}): Promise<History> {
    const found = await this.messages.last(session, limit + 1, { before, skip });
    const messages = found.slice(0, limit).toReversed();
    const first = messages[0];
    const hasMore =
      found.length > limit ||
      (first !== undefined && (await this.messages.last(session, 1, { before: first.seq })).length > 0);
    return { messages, hasMore };
  }

  /** From the newest backwards, read only as far as somebody goes. */
  async *backwards(session: Session): AsyncGenerator<Message> {
    let page = await this.messages.last(session, PAGE);
    while (page.length > 0) {
      yield* page;
      page = await this.messages.last(session, PAGE, { before: page.at(-1)!.seq });
    }
  }

  /** False when there is one of this run and role already, or the session is no longer what it was. */
  async add(session: Session, message: NewMessage): Promise<boolean> {
    return this.messages.add(session, message, this.settings.maxMessages);
  }

  async standing(session: Session, runId: string): Promise<RunStanding> {
    return this.messages.standing(session, runId);
  }

  /** Lets any gateway take over what this one answers no more. Never rejects: then they may once this one has ended. */
  async giveUp(session: Session, runId: string): Promise<void> {
    try {
      await this.messages.giveUp(session, runId);
    } catch (error) {
      this.log.warn('other gateways could not be told that nobody answers a message', { error });
    }
  }

  async runsElsewhere(session: Session): Promise<string[]> {
    return this.messages.runsElsewhere(session);
  }

  private get settings(): SessionsSettings {
    return this.config.current.get(SessionsSettings);
  }
}

/** The same words for what is not there and for what is another's. */
export function noSession(key: string): Refused {
  return new Refused('not_found', { message: `no such session: ${key.slice(0, 128)}` });
}

const stale = (why: 'begun anew' | 'used'): Refused =>
  new Refused('conflict', { message: `the session was ${why} since: look at it again` });

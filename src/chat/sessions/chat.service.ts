import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ConfigService } from '../../config/config.service.js';
import { Refused } from '../../kernel/errors.js';
import type { Identity } from '../../kernel/identity.js';
import { type ModelDirective, parseModelDirective } from '../model-directive.js';
import { Answering } from './answering.js';
import type { ChatRun } from './chat-run.js';
import { ChatRuns } from './chat-runs.js';
import type { Image } from './context.js';
import { ModelCommands } from './model-commands.js';
import type { NewMessage, Session } from './session.js';
import { modelsOf, refuseUnknownAgent } from './session-models.js';
import { ownerOf } from './session-owner.js';
import type { SessionChange } from './session-rows.js';
import { type SessionAddress, SessionsService } from './sessions.service.js';
import { SessionsSettings } from './sessions.settings.js';

/** A message to an agent. */
export interface Sending extends SessionAddress {
  readonly message: string;
  readonly images: readonly Image[];
  /** The client's name for it: the same one again is the same message. Default: a new one. */
  readonly runId?: string;
  readonly timeoutMs?: number;
  readonly requestId: string;
  /** `/model` is text like any other. */
  readonly isPlain?: boolean;
  /** Called with the run before anything is kept of it; may throw. */
  readonly onBegin?: (run: ChatRun) => void;
}

/** What became of it so far. */
export interface Sent {
  readonly runId: string;
  /** `started` now, `in_flight` since an earlier request, or `ok`: the answer is in the history. */
  readonly status: 'started' | 'in_flight' | 'ok';
}

/** What is meant by a message: text for a model, a command, or both. */
interface Meant {
  readonly text: string;
  readonly directive?: ModelDirective;
}

/** Conversations as clients hold them: each message is kept before it is acknowledged, and answered afterwards. */
@Injectable()
export class ChatService {
  constructor(
    private readonly sessions: SessionsService,
    private readonly runs: ChatRuns,
    private readonly answering: Answering,
    private readonly commands: ModelCommands,
    private readonly config: ConfigService,
  ) {}

  /**
   * Throws Refused, and keeps nothing, for a message that is too long, an agent or model that is not there, a command that
   * cannot be carried out, or too many answers under way.
   */
  async send(caller: Identity, sending: Sending): Promise<Sent> {
    const config = this.config.current;
    const { message, images, sessionKey, runId = randomUUID(), requestId, timeoutMs } = sending;
    refuseLong(message, config.get(SessionsSettings).maxMessageChars);
    const { text, directive }: Meant = sending.isPlain ? { text: message } : parseModelDirective(message);
    if (text === '' && images.length === 0 && !directive) throw wrong('message', 'must not be empty');

    const found = await this.sessions.find(caller, sending);
    const before = found ?? this.sessions.blank(caller, sending);
    refuseUnknownAgent(before, config);
    const command = directive && (await this.commands.judge(directive, { caller, session: before, config }));
    // What only asks something, and what chooses without saying more, is between the person and the gateway.
    const isCommand = command !== undefined && (command.change === undefined || text === '');
    const models = isCommand ? [] : modelsOf({ ...before, ...command?.change }, config);

    const size = sizeOf(sending);
    let begun = found;
    if (!begun) {
      const release = this.runs.hold({ tenantId: caller.tenantId, owner: ownerOf(caller) }, size);
      try {
        begun = await this.sessions.begin(caller, sending);
      } finally {
        release();
      }
    }
    const session = { ...begun, ...command?.change };
    if (this.runs.find(session.id, runId)) return { runId, status: 'in_flight' };
    const run = this.runs.begin({ runId, sessionKey, session, caller, size });
    try {
      sending.onBegin?.(run);
      const said = { text: isCommand ? message : text, ...named(images) };
      const status = await this.keep(session, { runId, role: 'user', kind: isCommand ? 'command' : 'message', said });
      if (status !== 'started') return this.letGo(run, { runId, status });
      if (command?.change) await this.sessions.change(session, command.change);
      if (isCommand) await this.reply(run, command.reply);
      // After the acknowledgement: a client learns the name of a run before it hears of it.
      const asked = { requestId, text, images, models, config, timeoutMs };
      setImmediate(() => void (isCommand ? this.told(run, command.reply) : this.answering.answer(run, asked)));
      return { runId, status };
    } catch (error) {
      await this.sessions.giveUp(session, runId);
      this.runs.finish(run);
      throw error;
    }
  }

  /**
   * Chooses what a session asks, or what it is called. Throws Refused, and changes nothing, for what cannot be chosen and
   * for a session that is not there.
   */
  async patch(caller: Identity, address: SessionAddress, { label, ...wish }: SessionChange): Promise<Session> {
    const found = await this.sessions.look(caller, address);
    const session = found ?? this.sessions.blank(caller, address);
    refuseUnknownAgent(session, this.config.current);
    const chosen = await this.commands.patch(wish, { caller, session, config: this.config.current });
    const change = { ...(label !== undefined && { label }), ...chosen };
    return this.sessions.change(found ?? (await this.sessions.begin(caller, address)), change);
  }

  /** Ends answers under way. Returns the names of those that there were, on any gateway. */
  async abort(session: Session, runId?: string): Promise<string[]> {
    const elsewhere = await this.sessions.runsElsewhere(session);
    const here = await this.runs.end(session, 'aborted', runId);
    return [...here, ...elsewhere.filter((one) => runId === undefined || one === runId)];
  }

  /** Ends what is under way, and takes away what was said and chosen. Throws Refused where there is no such session or agent. */
  async reset(caller: Identity, address: SessionAddress): Promise<Session> {
    const found = await this.sessions.look(caller, address);
    if (!found) return this.first(caller, address);
    await this.runs.end(found, 'reset');
    return this.sessions.reset(found);
  }

  /** Ends what is under way, and takes the session away. */
  async remove(session: Session): Promise<void> {
    await this.runs.end(session, 'reset');
    await this.sessions.remove(session);
  }

  /** Of the session that everybody has nothing was said yet. */
  private async first(caller: Identity, address: SessionAddress): Promise<Session> {
    refuseUnknownAgent(this.sessions.blank(caller, address), this.config.current);
    return this.sessions.begin(caller, address);
  }

  private async keep(session: Session, message: NewMessage): Promise<Sent['status']> {
    if (await this.sessions.add(session, message)) return 'started';
    switch (await this.sessions.standing(session, message.runId)) {
      case 'answered':
        return 'ok';
      case 'elsewhere':
        return 'in_flight';
      case 'taken over':
        return 'started';
      case 'gone':
        throw new Refused('conflict', { message: 'the session was reset meanwhile: send the message again' });
    }
  }

  private letGo(run: ChatRun, sent: Sent): Sent {
    this.runs.finish(run);
    return sent;
  }

  private async reply(run: ChatRun, text: string): Promise<void> {
    const { session, runId } = run.place;
    await this.sessions.add(session, { runId, role: 'assistant', kind: 'command', said: { text } });
  }

  private told(run: ChatRun, text: string): void {
    run.finished({ text });
    this.runs.finish(run);
  }
}

function named(images: readonly Image[]): { attachments?: readonly string[] } {
  return images.length === 0 ? {} : { attachments: images.map(({ name }) => name) };
}

const sizeOf = ({ message, images }: Sending): number =>
  images.reduce((sum, { data }) => sum + data.length, message.length);

function refuseLong(message: string, most: number): void {
  if (message.length > most) throw wrong('message', `must be no longer than ${most} characters`);
}

function wrong(path: string, message: string): Refused {
  return new Refused('invalid_request', { message: `${path}: ${message}`, fields: [{ path, message }] });
}

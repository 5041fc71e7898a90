import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { ChatEvent } from '../chat/sessions/chat-event.js';
import { ChatRuns } from '../chat/sessions/chat-runs.js';
import type { Session } from '../chat/sessions/session.js';
import { maySee } from '../chat/sessions/session-owner.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';

interface Audience {
  /** The state of all connections that it was made from. */
  readonly version: number;
  readonly connections: readonly Connection[];
}

/** Tells what is answered to the connections that may see the session, and to nobody else (S124). */
@Injectable()
export class ChatEvents implements OnModuleInit {
  /** By the session as a run has it: an answer is many events. */
  private readonly audiences = new WeakMap<Session, Audience>();

  constructor(
    private readonly runs: ChatRuns,
    private readonly connections: Connections,
  ) {}

  onModuleInit(): void {
    this.runs.onEvent((event, session) => this.tell(event, session));
  }

  private tell(event: ChatEvent, session: Session): void {
    for (const connection of this.audience(session)) connection.emit('chat', event);
  }

  private audience(session: Session): readonly Connection[] {
    const { version } = this.connections;
    const known = this.audiences.get(session);
    if (known?.version === version) return known.connections;
    const connections = [...this.connections].filter(({ identity }) => maySee(identity, session));
    this.audiences.set(session, { version, connections });
    return connections;
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { ChatEvent } from '../chat/sessions/chat-event.js';
import type { EventPlace } from '../chat/sessions/chat-run.js';
import { ChatRuns } from '../chat/sessions/chat-runs.js';
import { maySee, ownerOf, sessionKeyFor } from '../chat/sessions/session-owner.js';
import type { Identity } from '../kernel/identity.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';

interface Listener {
  readonly connection: Connection;
  /** What the session is called towards them; undefined: as the event says. */
  readonly sessionKey: string | undefined;
}

interface Audience {
  /** The state of all connections that it was made from. */
  readonly version: number;
  readonly listeners: readonly Listener[];
}

/** Tells what is answered to the connections that may see the session, and to nobody else (S124). */
@Injectable()
export class ChatEvents implements OnModuleInit {
  /** By the place that a run has: an answer is many events. */
  private readonly audiences = new WeakMap<EventPlace, Audience>();

  constructor(
    private readonly runs: ChatRuns,
    private readonly connections: Connections,
  ) {}

  onModuleInit(): void {
    this.runs.onEvent((event, place) => this.tell(event, place));
  }

  private tell(event: ChatEvent, place: EventPlace): void {
    for (const { connection, sessionKey } of this.audience(place)) {
      connection.emit('chat', sessionKey === undefined ? event : { ...event, sessionKey });
    }
  }

  private audience(place: EventPlace): readonly Listener[] {
    const { version } = this.connections;
    const known = this.audiences.get(place);
    if (known?.version === version) return known.listeners;
    const listeners = [...this.connections]
      .filter(({ identity }) => maySee(identity, place.session))
      .map((connection) => ({ connection, sessionKey: keyTowards(connection.identity, place) }));
    this.audiences.set(place, { version, listeners });
    return listeners;
  }
}

/** Who asked hears their own word. The same word of anybody else would mean another session. */
function keyTowards(listener: Identity, { session, caller }: EventPlace): string | undefined {
  const isTheirWord = caller !== undefined && ownerOf(caller) === ownerOf(listener);
  return isTheirWord ? undefined : sessionKeyFor(listener, session);
}

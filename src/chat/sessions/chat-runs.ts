import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '../../config/config.service.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Refused } from '../../kernel/errors.js';
import { KeyIndex } from '../../kernel/key-index.js';
import { Seats } from '../../kernel/seats.js';
import { Changes } from '../../storage/changes.js';
import { Replicas } from '../../storage/replicas.js';
import type { ChatEvent } from './chat-event.js';
import { ChatRun, type EventListener, type EventPlace, type RunPlace } from './chat-run.js';
import type { Cut, Session } from './session.js';
import type { Owned } from './session-owner.js';
import { SessionsSettings } from './sessions.settings.js';

/** What a run takes of what its owner may hold. */
type Room = Pick<RunPlace, 'size'>;

/** The answers that are under way on this gateway, by session and by owner. In one session they take turns. */
@Injectable()
export class ChatRuns implements OnModuleInit, OnModuleDestroy {
  private readonly all = new Seats<ChatRun>();
  private readonly bySession = new KeyIndex(this.all);
  private readonly byOwner = new KeyIndex(this.all);
  private readonly rooms = new Seats<Room>();
  /** Room for runs whose session is only just begun, by owner. */
  private readonly held = new KeyIndex(this.rooms);
  /** By session: when all that was asked for in it is over. */
  private readonly tails = new Map<string, Promise<unknown>>();
  private readonly listeners = new Set<EventListener>();
  private isOver = false;

  constructor(
    private readonly config: ConfigService,
    private readonly changes: Changes,
    private readonly replicas: Replicas,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.changes.subscribe(({ kind, id }) => {
      if (kind !== 'chat-abort') return;
      const [from, session, conversationId, reason, runId] = id.split(':') as [string, string, string, Cut, string?];
      if (from === this.replicas.own) return; // heard before it was told; what began since is not meant
      this.endHere(
        { id: session, conversationId },
        reason,
        runId === undefined ? undefined : decodeURIComponent(runId),
      );
    });
  }

  /** Everything under way is cut; what has come of it is kept before the database closes. */
  async onModuleDestroy(): Promise<void> {
    this.isOver = true;
    for (const run of this.all.values()) run.end('shutdown');
    await Promise.all([...this.all.values()].map(({ over }) => over));
  }

  onEvent(listener: EventListener): void {
    this.listeners.add(listener);
  }

  tell(event: ChatEvent, place: EventPlace): void {
    for (const listener of this.listeners) listener(event, place);
  }

  find(sessionId: string, runId: string): ChatRun | undefined {
    return this.of(sessionId).find(({ place }) => place.runId === runId);
  }

  /** Of a session, in the order in which they were asked for. */
  of(sessionId: string): readonly ChatRun[] {
    return this.bySession.find(sessionId);
  }

  /**
   * Keeps room for a run whose session has to be begun first, so that one too many begins none. Throws as `begin`; the
   * room is taken by whoever begins a run right after calling what is returned.
   */
  hold(owner: Owned, size: number): () => void {
    this.refuseTooMuch(owner, size);
    const room = { size };
    const seat = this.rooms.take(room);
    this.held.add(ownerKey(owner), seat);
    return () => {
      if (this.rooms.leave(room) !== undefined) this.held.remove(ownerKey(owner), seat);
    };
  }

  /** Throws Refused('too_many_requests') when the owner has too many or they hold too much, and Refused('unavailable') while stopping. */
  begin(place: RunPlace): ChatRun {
    const { session } = place;
    this.refuseTooMuch(session, place.size);
    const turn = this.tails.get(session.id) ?? Promise.resolve();
    const run = new ChatRun(place, turn, this.clock, (event, at) => this.tell(event, at));
    const seat = this.all.take(run);
    this.bySession.add(session.id, seat);
    this.byOwner.add(ownerKey(session), seat);
    this.queue(session.id, turn, run);
    return run;
  }

  finish(run: ChatRun): void {
    const { session } = run.place;
    const seat = this.all.leave(run);
    if (seat === undefined) return;
    this.bySession.remove(session.id, seat);
    this.byOwner.remove(ownerKey(session), seat);
    run.leave();
  }

  /** Ends a run of a session, or all of them, on whichever gateway they are. Returns the names of those that are here. */
  async end(session: Session, reason: Cut, runId?: string): Promise<string[]> {
    const ended = this.endHere(session, reason, runId);
    if (!this.replicas.shared || (runId !== undefined && ended.length > 0)) return ended;
    const which = runId === undefined ? [] : [encodeURIComponent(runId)];
    const id = [this.replicas.own, session.id, session.conversationId, reason, ...which].join(':');
    await this.changes.publish({ kind: 'chat-abort', id });
    return ended;
  }

  private refuseTooMuch(owner: Owned, size: number): void {
    if (this.isOver) throw new Refused('unavailable');
    const { maxRunsPerOwner: most, maxPendingCharsPerOwner: room } = this.config.current.get(SessionsSettings);
    const key = ownerKey(owner);
    const pending: Room[] = [...this.byOwner.find(key).map(({ place }) => place), ...this.held.find(key)];
    if (pending.length >= most) throw tooMany(`more than ${most} answers are under way`);
    const held = pending.reduce((sum, room) => sum + room.size, 0);
    if (held > 0 && held + size > room) throw tooMany(`messages under way hold more than ${room} characters`);
  }

  /** Whoever comes next waits for the run and for all before it: a run may be over before its turn. */
  private queue(sessionId: string, turn: Promise<unknown>, run: ChatRun): void {
    const tail = Promise.all([turn, run.over]);
    this.tails.set(sessionId, tail);
    void tail.finally(() => {
      if (this.tails.get(sessionId) === tail) this.tails.delete(sessionId);
    });
  }

  private endHere(
    { id, conversationId }: Pick<Session, 'id' | 'conversationId'>,
    reason: Cut,
    runId: string | undefined,
  ): string[] {
    const meant = this.of(id).filter(
      ({ place }) => place.session.conversationId === conversationId && (runId === undefined || place.runId === runId),
    );
    for (const run of meant) run.end(reason);
    return meant.map(({ place }) => place.runId);
  }
}

const tooMany = (what: string): Refused => new Refused('too_many_requests', { message: `${what}: wait for one` });

const ownerKey = ({ tenantId, owner }: Owned): string => `${tenantId} ${owner}`;

import { Inject, Injectable } from '@nestjs/common';
import type { RawData } from 'ws';
import { ConfigService } from '../config/config.service.js';
import { Refused } from '../kernel/errors.js';
import { LOG, type Log } from '../kernel/log.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { type Call, type CallId, decode, type Entry, Malformed } from './frames.js';
import { MethodTable, mayCall } from './method-table.js';
import { closeReason, nativeError } from './native-errors.js';
import { parseParams } from './params.js';
import { CLOSE } from './protocol.js';
import { asRefused } from './faults.js';
import { WebSocketSettings } from './websocket.settings.js';

type Answer = string | undefined;

/** Connects the calls of open connections with their methods. No rxjs and no pipeline: this is the hot path. */
@Injectable()
export class Switchboard {
  constructor(
    private readonly config: ConfigService,
    private readonly table: MethodTable,
    readonly connections: Connections,
    @Inject(LOG) private readonly log: Log,
  ) {}

  get maxBufferedBytes(): number {
    return this.config.current.get(WebSocketSettings).maxBufferedBytes;
  }

  /** Takes a frame of an open connection, and answers it when its calls are done. */
  take(connection: Connection, data: RawData, isBinary: boolean): void {
    let entries: Entry | readonly Entry[];
    try {
      entries = connection.dialect.read(decode(data, isBinary));
    } catch (error) {
      return connection.send(this.failure(connection, null, error));
    }
    if (isBatch(entries)) return this.takeBatch(connection, entries);
    if (isConnect(entries)) return this.refuseConnect(connection, entries);

    const answer = this.answer(connection, entries);
    if (typeof answer === 'string') connection.send(answer);
    else if (answer) void answer.then((frame) => frame !== undefined && connection.send(frame));
  }

  private takeBatch(connection: Connection, entries: readonly Entry[]): void {
    const again = entries.find(isConnect);
    if (again) return this.refuseConnect(connection, again);

    void this.answerBatch(connection, entries);
  }

  /** One frame for all, when all are done; none where no entry wanted an answer. */
  private async answerBatch(connection: Connection, entries: readonly Entry[]): Promise<void> {
    const answers = await Promise.all(entries.map((entry) => this.answer(connection, entry)));
    const frames = answers.filter((answer) => answer !== undefined);
    if (frames.length > 0) connection.send(`[${frames.join(',')}]`);
  }

  /** A socket keeps the identity that it came in with; a second connect ends it (S025). */
  private refuseConnect(connection: Connection, { id }: Call): void {
    const refused = new Refused('invalid_frame', { message: 'connect is only valid as the first request' });
    connection.send(this.failure(connection, id, refused));
    connection.close(CLOSE.policy, closeReason(refused.message));
  }

  /** The frame that answers an entry; undefined for a notification. Never throws, never rejects. */
  private answer(connection: Connection, entry: Entry): Answer | Promise<Answer> {
    if (entry instanceof Malformed) return this.failure(connection, entry.id, entry.refused);
    const { id, notification } = entry;
    try {
      const result = this.call(connection, entry);
      if (isPromise(result)) {
        return result.then(
          (value) => (notification ? undefined : this.result(connection, id, value)),
          (error: unknown) => this.failed(connection, entry, error),
        );
      }
      return notification ? undefined : this.result(connection, id, result);
    } catch (error) {
      return this.failed(connection, entry, error);
    }
  }

  private call(connection: Connection, { method, params }: Call): unknown {
    const entry = this.table.find(method);
    const { identity } = connection;
    if (!mayCall(identity.scopes, entry.access)) {
      throw new Refused('missing_scope', { scope: entry.access });
    }
    const parsed = entry.params ? parseParams(entry.params, params, method) : undefined;
    return entry.call(parsed, identity, connection);
  }

  private result(connection: Connection, id: CallId, value: unknown): string {
    return connection.dialect.result(id, value);
  }

  private failed(connection: Connection, { id, method, notification }: Call, error: unknown): Answer {
    const frame = this.failure(connection, id, error, method);
    return notification ? undefined : frame;
  }

  private failure(connection: Connection, id: CallId, error: unknown, method?: string): string {
    const refused = asRefused(error, this.log, { method, requestId: connection.id });
    return connection.dialect.failure(id, refused.code, nativeError(refused));
  }
}

const isBatch = (entries: Entry | readonly Entry[]): entries is readonly Entry[] => Array.isArray(entries);

const isConnect = (entry: Entry): entry is Call => !(entry instanceof Malformed) && entry.method === 'connect';

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

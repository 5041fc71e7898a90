import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RawData } from 'ws';
import { Evidence } from '../auth/evidence.js';
import { noteRefusal } from '../auth/refusal-row.js';
import { Refused } from '../kernel/errors.js';
import { whoInLog } from '../kernel/identity.js';
import { ConnectAttempt } from './connect-attempt.js';
import { attemptContext, checkProtocol, clientInfo, presented } from './connect-request.js';
import { ConnectParams } from './connect.params.js';
import { Connection } from './connection.js';
import type { Dialect } from './dialects/dialect.js';
import type { Welcome } from './device-gate.js';
import { challengeFrame, dialectOf } from './dialects/index.js';
import type { DoorSocket, Stage } from './door-socket.js';
import { roleAsked } from './entry-rules.js';
import { asRefused } from './faults.js';
import { type Call, type CallId, decode, Malformed } from './frames.js';
import type { Guest } from './lobby.js';
import { type AttemptContext, closeReason, nativeError } from './native-errors.js';
import { openedRow } from './opened-row.js';
import { parseParams } from './params.js';
import { CLOSE, MAX_PAYLOAD_BEFORE_CONNECT } from './protocol.js';
import type { Reception } from './reception.js';
import type { Place } from './waiting-room.js';

/** A socket whose caller is not known yet: from the challenge to `hello-ok`, or to a refusal. */
export class Handshake implements Stage {
  /** What a device signs, so that a signature is of use on this socket only. */
  readonly nonce = randomUUID();

  private dialect?: Dialect;
  private state: 'waiting' | 'judging' | 'over' = 'waiting';
  private early: [data: RawData, isBinary: boolean][] = [];
  private earlyBytes = 0;

  /** Set when the client asks the lobby for something. */
  private guest?: Guest;

  constructor(
    /** Names the decision, and afterwards the connection. */
    private readonly id: string,
    private readonly socket: DoorSocket,
    private readonly request: IncomingMessage,
    private readonly place: Place,
    private readonly reception: Reception,
  ) {
    place.onOverdue = () => this.close(CLOSE.policy, 'unauthorized: connect timeout');
  }

  challenge(): void {
    this.socket.send(challengeFrame(this.nonce, this.reception.clock.now()));
  }

  receive(data: RawData, isBinary: boolean): void {
    if (this.state === 'judging') return this.keep(data, isBinary);
    if (this.state === 'over') return;
    let id: CallId = null;
    try {
      const frame = decode(data, isBinary);
      this.dialect = dialectOf(frame);
      const { lobby } = this.reception;
      const call = onlyCall(this.dialect.read(frame), (method) => method === 'connect' || lobby.serves(method));
      id = call.id;
      if (call.method !== 'connect') {
        this.state = 'judging';
        return void this.visit(call);
      }
      const params = parseParams(ConnectParams, call.params, 'connect');
      roleAsked(params);
      checkProtocol(params);
      this.state = 'judging';
      void this.connect(call, params);
    } catch (error) {
      this.refuse(error instanceof NotConnect ? error.id : id, error instanceof NotConnect ? error.refused : error);
    }
  }

  heard(): void {}

  left(): void {
    this.state = 'over';
    if (this.guest) this.reception.lobby.left(this.guest);
    this.reception.room.leave(this.place);
  }

  /** Answers what may be asked before `connect`; the socket then waits for its token, or connects. Never rejects. */
  private async visit(call: Call): Promise<void> {
    try {
      this.guest ??= this.asGuest();
      const answer = await this.reception.lobby.answer(call, this.guest);
      if (!this.socket.isOpen) return;
      this.socket.send(this.dialect!.result(call.id, answer));
      this.state = 'waiting';
      for (const [data, isBinary] of this.early.splice(0)) this.receive(data, isBinary);
    } catch (error) {
      this.refuse(call.id, error);
    }
  }

  private asGuest(): Guest {
    return {
      source: this.place.source,
      tell: (event, payload) => void (this.socket.isOpen && this.socket.send(this.dialect!.event(event, payload, 0))),
      stay: (ms) => this.reception.room.extend(this.place, ms),
    };
  }

  /** Judges the caller and lets it in, or refuses it. Never rejects. */
  private async connect(call: Call, params: ConnectParams): Promise<void> {
    const { connections, config, gateway } = this.reception;
    const epoch = connections.epoch;
    let attempt: ConnectAttempt | undefined;
    try {
      const secrets = presented(params, this.request, this.nonce);
      attempt = new ConnectAttempt(new Evidence('websocket', this.id, this.request, secrets, config.current), params);
      const welcome = await gateway.judge(attempt);
      if (this.socket.isOpen) this.admit(call, params, welcome, epoch);
    } catch (error) {
      // What the guards refused is written down by them; this one was known, and not let in as what it asked to be.
      if (attempt?.identity && error instanceof Refused) {
        const { evidence, identity } = attempt;
        noteRefusal(this.reception.audit, { evidence, code: error.code, method: identity.method, identity });
      }
      this.refuse(call.id, error, attempt && attemptContext(this.id, attempt));
    }
  }

  private admit(call: Call, params: ConnectParams, { identity, deviceToken, node }: Welcome, epoch: number): void {
    const { connections, switchboard, settings, clock, hello, room, audit, log } = this.reception;
    const client = clientInfo(params);
    const connection = new Connection(this.id, this.socket, identity, this.dialect!, client, clock.now(), switchboard);
    connection.node = node;
    connections.register(connection, epoch, settings.maxConnectionsPerCredential);
    audit.noteEntrance(
      `${identity.credential} ${this.place.source} ${client.id}`,
      openedRow(connection, this.place.source),
    );
    const about = { event: 'gateway.connected', requestId: this.id, clientIp: this.place.source };
    log.info('gateway: connected', { ...about, ...whoInLog(identity) });

    this.state = 'over';
    room.leave(this.place);
    this.socket.stage = connection;
    this.socket.allowPayload(settings.maxPayload);
    connection.send(connection.dialect.result(call.id, hello.to(connection, params.maxProtocol, deviceToken)));
    for (const [data, isBinary] of this.early) connection.receive(data, isBinary);
  }

  /** A client that does not wait for the answer is heard afterwards, as far as it is brief. */
  private keep(data: RawData, isBinary: boolean): void {
    this.earlyBytes += (data as Buffer).length;
    if (this.earlyBytes > MAX_PAYLOAD_BEFORE_CONNECT) return this.refuse(null, new Refused('connect_required'));
    this.early.push([data, isBinary]);
  }

  private refuse(id: CallId, error: unknown, context?: AttemptContext): void {
    if (this.state === 'over') return;
    const refused = asRefused(error, this.reception.log, { requestId: this.id, method: 'connect' });
    const native = nativeError(refused, context);
    const dialect = this.dialect ?? dialectOf(undefined);
    this.socket.send(dialect.failure(id, refused.code, native));
    if (refused.code === 'protocol_mismatch') this.close(CLOSE.protocolMismatch, native.message);
    else this.close(CLOSE.policy, closeReason(native.message));
  }

  close(code: number, reason: string): void {
    this.state = 'over';
    this.socket.close(code, reason);
  }
}

/** A first frame that is something else, with the id to answer. */
class NotConnect {
  constructor(
    readonly id: CallId,
    readonly refused: Refused,
  ) {}
}

/** The one call that may come first, by itself, and wanting an answer (S024). Throws NotConnect. */
function onlyCall(entries: ReturnType<Dialect['read']>, mayComeFirst: (method: string) => boolean): Call {
  const [first, ...more] = [entries].flat() as [Call | Malformed, ...unknown[]];
  if (more.length > 0 || Array.isArray(entries)) throw new NotConnect(null, new Refused('connect_required'));
  if (first instanceof Malformed) throw new NotConnect(first.id, first.refused);
  if (!mayComeFirst(first.method) || first.notification)
    throw new NotConnect(first.id, new Refused('connect_required'));
  return first;
}

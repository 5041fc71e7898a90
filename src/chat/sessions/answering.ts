import { Inject, Injectable } from '@nestjs/common';
import type { ConfigSnapshot } from '../../config/settings.js';
import { type ModelRef, modelRefText } from '../../credentials/model-ref.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Refused, Unavailable } from '../../kernel/errors.js';
import { LOG, type Log } from '../../kernel/log.js';
import type { ModelAnswer } from '../model-call.js';
import { ModelCalls } from '../model-calls.service.js';
import { UpstreamFailure } from '../upstream-failure.js';
import { BrokenAnswer, readAnswer } from './answer-reader.js';
import type { ErrorKind } from './chat-event.js';
import type { ChatRun } from './chat-run.js';
import { ChatRuns } from './chat-runs.js';
import { contextOf, type Image } from './context.js';
import type { Cut, Said } from './session.js';
import { sessionKeyText } from './session-key.js';
import { contextRoom } from './session-models.js';
import { SessionsService } from './sessions.service.js';
import { SessionsSettings } from './sessions.settings.js';

/** What a run is about. */
export interface Asked {
  readonly requestId: string;
  readonly text: string;
  readonly images: readonly Image[];
  /** The first choice, then what is asked after it. */
  readonly models: readonly ModelRef[];
  readonly config: ConfigSnapshot;
  /** In milliseconds; undefined: as configured. */
  readonly timeoutMs?: number;
}

/** What went wrong with an answer, as its client is told. */
interface Fault {
  readonly message: string;
  readonly kind: ErrorKind;
}

/** Has a model answer, tells what comes, and keeps what has come: before anybody is told that it is finished. */
@Injectable()
export class Answering {
  constructor(
    private readonly calls: ModelCalls,
    private readonly sessions: SessionsService,
    private readonly runs: ChatRuns,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Resolves when the run is over, however it ended. Never rejects. */
  async answer(run: ChatRun, asked: Asked): Promise<void> {
    try {
      await this.carryOut(run, asked);
    } catch (error) {
      this.log.error('whoever watches an answer could not be told of it', { ...faultIn(run, asked), error });
    }
  }

  private async carryOut(run: ChatRun, asked: Asked): Promise<void> {
    const timeoutMs = asked.timeoutMs || asked.config.get(SessionsSettings).runTimeoutMs;
    const cancel = this.clock.after(timeoutMs, () => run.end('timeout'));
    let said: Said = { text: '' };
    try {
      await unlessEnded(run.turn, run);
      said = await this.ask(run, asked);
      await this.keep(run, said);
      run.finished(said);
    } catch (error) {
      await this.cutShort(run, error, asked, timeoutMs);
    } finally {
      cancel();
      this.runs.finish(run);
    }
  }

  private async ask(run: ChatRun, { requestId, text, images, models, config }: Asked): Promise<Said> {
    const { session, caller, runId } = run.place;
    const { maxMessageChars } = config.get(SessionsSettings);
    const room = contextRoom(models[0]!, config);
    const messages = await contextOf({ runId, text, images }, this.sessions.backwards(session), room);
    const calling = this.calls.ask({
      caller,
      requestId,
      endpoint: 'chat/completions',
      agent: session.agent,
      models,
      ...(session.profile !== null && { pin: session.profile }),
      session: sessionKeyText(session),
      body: { model: modelRefText(models[0]!), messages, stream: true },
      isStream: true,
      config,
      signal: run.signal,
    });
    calling.then((late) => letGo(late, run), ignore);
    const answer = await unlessEnded(calling, run);
    const take = (piece: string): void => {
      if (run.text.length + piece.length > maxMessageChars) {
        throw new BrokenAnswer(`the answer is longer than ${maxMessageChars} characters`);
      }
      run.push(piece);
    };
    const end = await readAnswer(answer, take, run.signal);
    const usage = await unlessEnded(answer.usage, run);
    const { input, output, cost } = usage ?? {};
    return {
      text: run.text,
      model: modelRefText(answer.model),
      ...end,
      ...(usage && { usage: { input: input!, output: output!, ...(cost !== undefined && { cost }) } }),
    };
  }

  /** What was received is kept, marked as cut; then whoever watches is told. */
  private async cutShort(run: ChatRun, error: unknown, asked: Asked, timeoutMs: number): Promise<void> {
    const { session, runId } = run.place;
    const cut = run.reason ?? 'error';
    // What a run that somebody ended is left with is no fault.
    let fault: Fault | undefined;
    if (cut === 'timeout') fault = lateBy(timeoutMs);
    if (cut === 'error') fault = this.faultOf(error, faultIn(run, asked));
    if (cut !== 'reset' && !(await this.keepPart(run, cut, asked))) await this.sessions.giveUp(session, runId);
    if (fault) run.failed(fault.message, fault.kind);
    else run.aborted(cut);
  }

  /** Whether there was something to keep, and it is kept. */
  private async keepPart(run: ChatRun, cut: Cut, asked: Asked): Promise<boolean> {
    if (run.text === '') return false;
    try {
      await this.keep(run, { text: run.text, cut, stopReason: cut });
      return true;
    } catch (failure) {
      this.log.warn('what a model had answered could not be kept', { ...faultIn(run, asked), error: failure });
      return false;
    }
  }

  private async keep(run: ChatRun, said: Said): Promise<void> {
    const { session, runId } = run.place;
    const kept = await this.sessions.add(session, { runId, role: 'assistant', kind: 'message', said });
    if (!kept) run.end('reset'); // nothing is said to have ended well that is not there
    if (!kept) throw new BrokenAnswer('the session was reset meanwhile');
  }

  /** `where`: by what the log names it, if it is one of ours. */
  private faultOf(error: unknown, where: Record<string, string>): Fault {
    if (error instanceof UpstreamFailure) return { message: error.message, kind: kindOf(error) };
    if (error instanceof Refused) {
      const isTooMuch = error.type === 'rate_limited' || error.type === 'insufficient_quota';
      return { message: error.message, kind: isTooMuch ? 'rate_limit' : 'unknown' };
    }
    if (error instanceof BrokenAnswer) return { message: error.message, kind: 'unknown' };
    this.log.error('an answer of a model failed', { ...where, error });
    const message = error instanceof Unavailable ? 'temporarily unavailable, please try again' : 'internal error';
    return { message, kind: 'unknown' };
  }
}

/** By what a line of the log finds the answer that it is about. */
const faultIn = ({ place: { runId, session } }: ChatRun, { requestId }: Asked): Record<string, string> => ({
  event: 'chat.fault',
  requestId,
  runId,
  session: session.id,
});

function kindOf({ code, message }: UpstreamFailure): ErrorKind {
  if (code === 'upstream_timeout') return 'timeout';
  if (code === 'upstream_rate_limited') return 'rate_limit';
  return /context.{0,20}(length|window)|too long/i.test(message) ? 'context_length' : 'unknown';
}

function lateBy(ms: number): Fault {
  return { message: `the answer took longer than ${ms / 1000} s`, kind: 'timeout' };
}

/** An answer that comes when nobody waits any more is not left half read. */
function letGo({ body }: ModelAnswer, { signal }: ChatRun): void {
  if (signal.aborted && !Buffer.isBuffer(body)) body.destroy();
}

/** Whoever waits for it hears why. */
const ignore = (): void => undefined;

/** What is waited for, unless the run is ended first: then whatever comes of it is nobody's concern any more. */
async function unlessEnded<T>(waited: Promise<T>, { signal }: ChatRun): Promise<T> {
  let stop = (): void => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new BrokenAnswer('the run was ended'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([waited, ended]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

import type { Readable } from 'node:stream';
import type { ModelAnswer } from '../model-call.js';
import { BrokenStream, SseParser } from '../sse.js';

/** Thrown when an answer ends without having come to its end. Its message is public. */
export class BrokenAnswer extends Error {
  override readonly name = 'BrokenAnswer';
}

const UNREADABLE = 'the answer of the model could not be read';

/** What of a chunk, or of a whole completion, is read here. */
interface Piece {
  readonly error?: { readonly message?: unknown } | null;
  readonly choices?: readonly {
    readonly delta?: Part;
    readonly message?: Part;
    readonly finish_reason?: string | null;
  }[];
}

interface Part {
  readonly content?: unknown;
  readonly refusal?: unknown;
}

/** How an answer ended: `stop`, `length`, `content_filter`, or whatever its provider says. */
export interface AnswerEnd {
  readonly stopReason?: string;
}

/**
 * Reads a completion, whole or streamed, and tells each piece of its text. Rejects with BrokenAnswer when it breaks off,
 * and when `signal` is aborted.
 */
export async function readAnswer(
  { body }: Pick<ModelAnswer, 'body'>,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<AnswerEnd> {
  if (Buffer.isBuffer(body)) return whole(body, onText);
  const stop = (): void => void body.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) body.destroy();
    return await streamed(body, onText);
  } catch (error) {
    if (error instanceof BrokenStream) throw new BrokenAnswer(UNREADABLE, { cause: error });
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    body.destroy();
  }
}

function whole(body: Buffer, onText: (text: string) => void): AnswerEnd {
  const state = new Reading(onText);
  state.take(body.toString('utf8'));
  return state.end;
}

async function streamed(body: Readable, onText: (text: string) => void): Promise<AnswerEnd> {
  const parser = new SseParser();
  const state = new Reading(onText);
  for await (const piece of body) {
    for (const { data } of parser.push(piece as Buffer)) if (state.take(data)) return state.end;
  }
  for (const { data } of parser.end()) if (state.take(data)) return state.end;
  throw new BrokenAnswer('the answer of the model broke off');
}

/** What was read so far. */
class Reading {
  private stopReason: string | undefined;

  constructor(private readonly onText: (text: string) => void) {}

  get end(): AnswerEnd {
    return this.stopReason === undefined ? {} : { stopReason: this.stopReason };
  }

  /** True when there is no more to come. */
  take(data: string): boolean {
    if (data.trim() === '[DONE]') return true;
    const { error, choices } = pieceOf(data);
    if (error) throw new BrokenAnswer(typeof error.message === 'string' ? error.message : 'the model failed');
    if (choices && !Array.isArray(choices)) throw new BrokenAnswer(UNREADABLE);
    const [choice] = choices ?? [];
    const { content, refusal } = choice?.delta ?? choice?.message ?? {};
    for (const text of [content, refusal]) if (typeof text === 'string' && text !== '') this.onText(text);
    if (typeof choice?.finish_reason === 'string') this.stopReason = choice.finish_reason;
    return false;
  }
}

function pieceOf(data: string): Piece {
  try {
    const piece: unknown = JSON.parse(data);
    if (typeof piece === 'object' && piece !== null) return piece;
  } catch (error) {
    throw new BrokenAnswer(UNREADABLE, { cause: error });
  }
  throw new BrokenAnswer(UNREADABLE);
}

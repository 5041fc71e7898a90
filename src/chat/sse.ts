import { StringDecoder } from 'node:string_decoder';

/** One server-sent event: its name (`message` unless it says otherwise) and its data, lines joined by newlines. */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
}

/** An event larger than this is no answer of a model: memory stays bounded whatever an upstream sends. In characters. */
export const MAX_EVENT = 4 * 1024 * 1024;

/** Thrown for a stream that no client could read. */
export class BrokenStream extends Error {
  override readonly name = 'BrokenStream';
}

const LINE_END = /\r\n|\n|\r/;

/**
 * Takes a stream of events apart (WHATWG HTML, section 9.2.6), in whatever pieces it arrives: a character or a line end
 * may be torn in two.
 */
export class SseParser {
  private readonly decoder = new StringDecoder('utf8');
  /** The line that has no end yet. */
  private rest = '';
  /** A CR that came last: the LF of the same line end may follow. */
  private torn = '';
  private event = '';
  private data: string[] = [];
  private size = 0;
  private isFirst = true;

  /** The events that this piece completes. Throws BrokenStream when one of them has no end. */
  push(piece: Uint8Array): SseEvent[] {
    return this.take(this.decoder.write(piece));
  }

  /** What the stream ends with: an event that was not closed by an empty line is none (same section). */
  end(): SseEvent[] {
    const text = this.decoder.end();
    return this.take(this.torn === '' ? text : `${text}\n`);
  }

  /** Looks through what is new alone, not again through a long line that comes in small pieces (S208). */
  private take(text: string): SseEvent[] {
    const fresh = this.torn + (this.isFirst ? text.replace(/^\uFEFF/, '') : text);
    if (text !== '') this.isFirst = false;
    this.torn = fresh.endsWith('\r') ? '\r' : '';
    const lines = fresh.slice(0, fresh.length - this.torn.length).split(LINE_END);
    lines[0] = this.rest + lines[0]!;
    this.rest = lines.pop()!;
    this.guard(this.size + this.rest.length);
    return lines.flatMap((line) => this.line(line));
  }

  private line(line: string): SseEvent[] {
    if (line === '') return this.dispatch();
    this.guard((this.size += line.length));
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.event = value;
    if (field === 'data') this.data.push(value);
    return [];
  }

  private dispatch(): SseEvent[] {
    const { event, data } = this;
    this.event = '';
    this.data = [];
    this.size = 0;
    return data.length === 0 ? [] : [{ event: event === '' ? 'message' : event, data: data.join('\n') }];
  }

  private guard(size: number): void {
    if (size > MAX_EVENT) throw new BrokenStream('sends an event without end');
  }
}

/** An event as it travels. `event` is on one line. */
export function sseFrame(data: string, event?: string): string {
  const lines = data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data;
  return event === undefined ? `data: ${lines}\n\n` : `event: ${event}\ndata: ${lines}\n\n`;
}

/** An event larger than this goes on in pieces: memory stays bounded whatever comes. In bytes. */
const LARGEST = 4 * 1024 * 1024;

const CR = 0x0d;
const LF = 0x0a;

/**
 * Holds the bytes of a stream of events back until the event is whole, and lets them go unchanged: a stream that breaks
 * off then never ends in half an event, behind which nobody could say why.
 */
export class EventEdges {
  private held: Buffer[] = [];
  private size = 0;

  /** All events that are whole by now; undefined when none is. */
  push(piece: Buffer): Buffer | undefined {
    const edge = lastEdge(piece, this.held.at(-1)?.at(-1));
    if (edge === piece.byteLength && this.size === 0) return piece;
    if (edge === 0) return this.hold(piece);
    const whole = this.joined(piece.subarray(0, edge));
    if (edge < piece.byteLength) this.hold(piece.subarray(edge));
    return whole;
  }

  /** What is left. */
  end(): Buffer | undefined {
    return this.size === 0 ? undefined : this.joined();
  }

  private hold(part: Buffer): Buffer | undefined {
    // A copy: the piece is part of something larger that should not be kept.
    this.held.push(Buffer.from(part));
    this.size += part.byteLength;
    return this.size > LARGEST ? this.joined() : undefined;
  }

  private joined(...more: Buffer[]): Buffer {
    const all = this.size === 0 && more.length === 1 ? more[0]! : Buffer.concat([...this.held, ...more]);
    this.held = [];
    this.size = 0;
    return all;
  }
}

/** The first byte after the last empty line; 0 when there is none. `before` is the byte before the piece. */
export function lastEdge(piece: Buffer, before?: number): number {
  for (let at = piece.byteLength - 1; at >= 0; at -= 1) {
    const byte = piece[at]!;
    if (byte !== LF && byte !== CR) continue;
    const previous = at === 0 ? before : piece[at - 1];
    if (isEmptyLine(previous, byte)) return byte === CR && piece[at + 1] === LF ? at + 2 : at + 1;
  }
  return 0;
}

/** The first byte after the first empty line behind `from`; the length when there is none. */
export function firstEdge(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.byteLength; at += 1) {
    if (isEmptyLine(bytes[at - 1], bytes[at]!)) return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
  }
  return bytes.byteLength;
}

/** Whether a line of nothing ends with the second byte: two line ends, but not the two halves of one (CR LF). */
function isEmptyLine(first: number | undefined, second: number): boolean {
  return (first === LF && (second === LF || second === CR)) || (first === CR && second === CR);
}

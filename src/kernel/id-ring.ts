/** A UUID, as our request ids are; a longer id would not be found. */
const LENGTH = 36;

/** The last `capacity` ids, each in a slot that is written over: in bytes, which no garbage collection has to visit. */
export class IdRing {
  private readonly bytes: Buffer;
  private next = 0;

  constructor(private readonly capacity: number) {
    this.bytes = Buffer.alloc(capacity * LENGTH);
  }

  /** The slot that is the id's from now on. */
  add(id: string): number {
    const slot = this.next;
    const start = slot * LENGTH;
    if (id.length < LENGTH) this.bytes.fill(0, start, start + LENGTH);
    this.bytes.write(id, start, LENGTH, 'latin1');
    this.next = (slot + 1) % this.capacity;
    return slot;
  }

  /** The slot of an id; undefined for one that was never there, or is there no more. */
  find(id: string): number | undefined {
    const wanted = Buffer.alloc(LENGTH);
    const length = wanted.write(id, 'latin1');
    if (length === 0 || wanted.toString('latin1', 0, length) !== id) return undefined;
    for (let at = this.bytes.indexOf(wanted); at !== -1; at = this.bytes.indexOf(wanted, at + 1)) {
      if (at % LENGTH === 0) return at / LENGTH;
    }
    return undefined;
  }
}

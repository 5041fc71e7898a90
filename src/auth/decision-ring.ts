import type { Decision } from './decision-trace.js';

/** A UUID, as our request ids are; a longer id would not be found. */
const ID_LENGTH = 36;

type Slot = { -readonly [Key in keyof Decision]: Decision[Key] };

/**
 * The last decisions, in slots that are written over. Ids and times go into bytes, the rest is mostly shared by many: a
 * request that leaves no object of its own behind costs the garbage collector nothing. Thousands of objects that live
 * for a tenth of a second are what it is worst at: they were a tenth of the cost of a request.
 */
export class DecisionRing {
  private readonly ids: Buffer;
  private readonly times: Float64Array;
  private readonly slots: Slot[];
  private next = 0;

  constructor(private readonly capacity: number) {
    this.ids = Buffer.alloc(capacity * ID_LENGTH);
    this.times = new Float64Array(capacity);
    this.slots = Array.from({ length: capacity }, emptySlot);
  }

  add({ requestId, at, surface, client, peer, identity, code, steps }: Decision): void {
    const slot = this.slots[this.next]!;
    const start = this.next * ID_LENGTH;
    if (requestId.length < ID_LENGTH) this.ids.fill(0, start, start + ID_LENGTH);
    this.ids.write(requestId, start, ID_LENGTH, 'latin1');
    this.times[this.next] = at;
    slot.surface = surface;
    slot.client = client;
    slot.peer = peer;
    slot.identity = identity;
    slot.code = code;
    slot.steps = steps;
    this.next = (this.next + 1) % this.capacity;
  }

  find(requestId: string): Decision | undefined {
    const wanted = Buffer.alloc(ID_LENGTH);
    const length = wanted.write(requestId, 'latin1');
    if (length === 0 || wanted.toString('latin1', 0, length) !== requestId) return undefined;
    for (let at = this.ids.indexOf(wanted); at !== -1; at = this.ids.indexOf(wanted, at + 1)) {
      const index = at / ID_LENGTH;
      if (Number.isInteger(index)) return { ...this.slots[index]!, requestId, at: this.times[index]! };
    }
    return undefined;
  }
}

/** Every field is there from the start: all slots have one shape. */
const emptySlot = (): Slot => ({
  requestId: '',
  at: 0,
  surface: 'http',
  client: undefined,
  peer: '',
  identity: undefined,
  code: undefined,
  steps: [],
});

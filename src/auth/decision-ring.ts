import { IdRing } from '../kernel/id-ring.js';
import type { Decision } from './decision-trace.js';

type Slot = { -readonly [Key in keyof Decision]: Decision[Key] };

/**
 * The last decisions, in slots that are written over. Ids and times go into bytes, the rest is mostly shared by many: a
 * request that leaves no object of its own behind costs the garbage collector nothing. Thousands of objects that live
 * for a tenth of a second are what it is worst at: they were a tenth of the cost of a request.
 */
export class DecisionRing {
  private readonly ids: IdRing;
  private readonly times: Float64Array;
  private readonly slots: Slot[];

  constructor(capacity: number) {
    this.ids = new IdRing(capacity);
    this.times = new Float64Array(capacity);
    this.slots = Array.from({ length: capacity }, emptySlot);
  }

  add({ requestId, at, surface, client, peer, identity, code, steps }: Decision): void {
    const index = this.ids.add(requestId);
    const slot = this.slots[index]!;
    this.times[index] = at;
    slot.surface = surface;
    slot.client = client;
    slot.peer = peer;
    slot.identity = identity;
    slot.code = code;
    slot.steps = steps;
  }

  find(requestId: string): Decision | undefined {
    const index = this.ids.find(requestId);
    return index === undefined ? undefined : { ...this.slots[index]!, requestId, at: this.times[index]! };
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

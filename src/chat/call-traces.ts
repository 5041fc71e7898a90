import { Injectable } from '@nestjs/common';
import { BoundedMap } from '../kernel/bounded-map.js';
import { IdRing } from '../kernel/id-ring.js';
import type { Tried } from './model-call.js';

/** The calls that one gateway remembers. */
const REMEMBERED = 2048;
/** Models that are called again and again. */
const SHARED = 1024;

/** Which models and credentials the last calls tried, for whoever asks how a request fared; their names, never a value. */
@Injectable()
export class CallTraces {
  private readonly ids = new IdRing(REMEMBERED);
  private readonly tried: (readonly Tried[])[] = [];
  /** By model: most calls try one thing, and the same as the call before. They share what is kept (see `DecisionRing`). */
  private readonly shared = new BoundedMap<string, readonly Tried[]>(SHARED);

  note(requestId: string, tried: readonly Tried[]): void {
    this.tried[this.ids.add(requestId)] = tried.length === 1 ? this.sharedBy(tried[0]!, tried) : tried;
  }

  /** In the order in which they were tried; undefined for a request that called no model, or too long ago. */
  find(requestId: string): readonly Tried[] | undefined {
    const slot = this.ids.find(requestId);
    return slot === undefined ? undefined : this.tried[slot];
  }

  private sharedBy({ model, candidate, outcome }: Tried, tried: readonly Tried[]): readonly Tried[] {
    const known = this.shared.get(model);
    if (known?.[0]!.candidate === candidate && known[0].outcome === outcome) return known;
    this.shared.set(model, tried);
    return tried;
  }
}

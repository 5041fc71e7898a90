import { Injectable } from '@nestjs/common';
import type { Tried } from './model-call.js';

/** The calls that one gateway remembers. */
const REMEMBERED = 2048;

/** Which models and credentials the last calls tried, for whoever asks how a request fared; their names, never a value. */
@Injectable()
export class CallTraces {
  private readonly ids: string[] = [];
  private readonly tried: (readonly Tried[])[] = [];
  private next = 0;

  note(requestId: string, tried: readonly Tried[]): void {
    this.ids[this.next] = requestId;
    this.tried[this.next] = tried;
    this.next = (this.next + 1) % REMEMBERED;
  }

  /** In the order in which they were tried; undefined for a request that called no model, or too long ago. */
  find(requestId: string): readonly Tried[] | undefined {
    const at = this.ids.indexOf(requestId);
    return at === -1 ? undefined : this.tried[at];
  }
}

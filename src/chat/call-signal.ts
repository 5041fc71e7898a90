/** What calls to models need of an `AbortSignal`, and what one fits: an `AbortController` of its own costs a call 5 µs. */
export interface CallSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The signal of one call together with what gives it. */
export class CallEnd implements CallSignal {
  aborted = false;
  reason: unknown;
  private readonly listeners: (() => void)[] = [];

  /** Once; the first reason stays. */
  abort(reason: unknown = new DOMException('nobody waits for the answer any longer', 'AbortError')): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.listeners.splice(0)) listener();
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.aborted) this.listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const at = this.listeners.indexOf(listener);
    if (at !== -1) this.listeners.splice(at, 1);
  }
}

import { Unavailable } from './errors.js';

/** Lets few work at a time and few wait: costly work cannot pile up under a flood. */
export class Bulkhead {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly places: number,
    private readonly queue: number,
  ) {}

  /** Runs `work` when a place is free. Rejects with Unavailable at once when the queue is full. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.places) this.running += 1;
    else await this.place();
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private place(): Promise<void> {
    if (this.waiting.length >= this.queue) throw new Unavailable('too much work is waiting');
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

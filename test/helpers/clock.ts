import type { Clock } from '../../src/kernel/clock.js';

interface Appointment {
  readonly at: number;
  readonly work: () => void;
}

/** A clock that stands still until a test moves it. */
export class TestClock implements Clock {
  private readonly appointments = new Set<Appointment>();

  /** Starts at `time`, in milliseconds since the epoch. */
  constructor(private time = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.time;
  }

  after(ms: number, work: () => void): () => void {
    const appointment = { at: this.time + ms, work };
    this.appointments.add(appointment);
    return () => this.appointments.delete(appointment);
  }

  /** Moves on by `ms`, and does on the way what falls due, in order and at its own time. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (let next = this.next(end); next; next = this.next(end)) {
      this.appointments.delete(next);
      this.time = Math.max(this.time, next.at);
      next.work();
    }
    this.time = end;
  }

  /** How many pieces of work are waiting: for tests that look for forgotten timers. */
  get pending(): number {
    return this.appointments.size;
  }

  private next(end: number): Appointment | undefined {
    const due = [...this.appointments].filter((appointment) => appointment.at <= end);
    return due.sort((one, other) => one.at - other.at)[0];
  }
}

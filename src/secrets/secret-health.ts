import type { FieldError } from '../kernel/errors.js';
import type { Clock } from '../kernel/clock.js';

/** Whether the secrets in use are those that the providers would give now. */
export type SecretHealth =
  | { readonly state: 'healthy' }
  | {
      readonly state: 'degraded';
      /** Milliseconds since the epoch. */
      readonly since: number;
      /** What could not be had at the last try, and what depends on it. */
      readonly failing: readonly FieldError[];
    };

const HEALTHY: SecretHealth = { state: 'healthy' };

/** An outage begins once and ends once, however many reloads fail in between (reference E.3). */
export class HealthRecord {
  current: SecretHealth = HEALTHY;
  private readonly listeners = new Set<(health: SecretHealth) => void>();

  constructor(private readonly clock: Clock) {}

  /** Calls `listener` when an outage begins or ends. */
  onTurn(listener: (health: SecretHealth) => void): void {
    this.listeners.add(listener);
  }

  failed(failing: readonly FieldError[]): void {
    const { current } = this;
    const isNew = current.state === 'healthy';
    this.current = { state: 'degraded', since: isNew ? this.clock.now() : current.since, failing };
    if (isNew) this.tell();
  }

  recovered(): void {
    if (this.current.state === 'healthy') return;
    this.current = HEALTHY;
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener(this.current);
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '../config/config.service.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import type { Connection } from './connection.js';
import { WebSocketSettings } from './websocket.settings.js';

/** The interval is cut into this many parts, each with its share of the connections: no burst, and one timer. */
const PARTS = 30;

/** Says `tick` to every connection once in an interval, and asks it for a sign of life. */
@Injectable()
export class Pulse {
  private readonly parts = Array.from({ length: PARTS }, () => new Set<Connection>());
  private size = 0;
  private dealt = 0;
  private beat = 0;
  private running = false;

  constructor(
    private readonly config: ConfigService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  add(connection: Connection): void {
    // Dealt out in turn, so that clients which all come at once do not tick at once for ever after.
    this.dealt = (this.dealt + 1) % PARTS;
    this.parts[this.dealt]!.add(connection);
    this.size += 1;
    this.run();
  }

  remove(connection: Connection): void {
    if (this.parts.some((part) => part.delete(connection))) this.size -= 1;
  }

  private run(): void {
    if (this.running || this.size === 0) return;
    this.running = true;
    const { tickIntervalMs } = this.config.current.get(WebSocketSettings);
    this.clock.after(tickIntervalMs / PARTS, () => {
      this.running = false;
      this.beat = (this.beat + 1) % PARTS;
      const payload = { ts: this.clock.now() };
      for (const connection of this.parts[this.beat]!) {
        connection.probe();
        connection.emit('tick', payload);
      }
      this.run();
    });
  }
}

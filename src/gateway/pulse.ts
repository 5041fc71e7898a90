import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '../config/config.service.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { Seats } from '../kernel/seats.js';
import type { Connection } from './connection.js';
import { WebSocketSettings } from './websocket.settings.js';

/** The interval is cut into this many parts, each with its share of the connections: no burst, and one timer. */
const PARTS = 30;

/** Says `tick` to every connection once in an interval, and asks it for a sign of life. */
@Injectable()
export class Pulse {
  private readonly all = new Seats<Connection>();
  private beat = 0;
  private running = false;

  constructor(
    private readonly config: ConfigService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  add(connection: Connection): void {
    // By their seats, so that clients which all come at once do not tick at once for ever after.
    this.all.take(connection);
    this.run();
  }

  remove(connection: Connection): void {
    this.all.leave(connection);
  }

  private run(): void {
    if (this.running || this.all.size === 0) return;
    this.running = true;
    const { tickIntervalMs } = this.config.current.get(WebSocketSettings);
    this.clock.after(tickIntervalMs / PARTS, () => {
      this.running = false;
      this.beat = (this.beat + 1) % PARTS;
      const payload = { ts: this.clock.now() };
      for (const connection of this.all.values(this.beat, PARTS)) {
        connection.probe();
        connection.emit('tick', payload);
      }
      this.run();
    });
  }
}

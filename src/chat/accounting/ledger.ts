import { randomUUID } from 'node:crypto';
import type { Clock } from '../../kernel/clock.js';
import { type Amount, amountOf } from './amount.js';
import type { TokenUsage } from '../model-call.js';

/** Who used what. Empty texts: none, or nobody in particular. */
export interface UsageSource {
  readonly tenantId: string;
  readonly user: string;
  readonly device: string;
  readonly agent: string;
  readonly session: string;
  readonly provider: string;
  readonly model: string;
}

/** A line of the book: what one source used within an hour. */
export interface UsageLine extends UsageSource {
  /** Its beginning, in milliseconds since the epoch. */
  readonly hour: number;
  calls: number;
  unpriced: number;
  input: number;
  cached: number;
  output: number;
  /** In billionths of a US dollar. */
  cost: number;
}

/** Lines that are written together, and once. */
export interface UsageBatch {
  readonly id: string;
  readonly lines: readonly UsageLine[];
}

const HOUR_MS = 3_600_000;
/** While nothing can be written, more lines than this are kept without session and device. */
const MOST_LINES = 50_000;
/** What callers choose themselves takes no more room than this. */
const LONGEST = 256;

/**
 * What was used and is not written yet. A call adds to a line in memory; a batch takes all lines at once and stays the
 * same until it is known to be written, so that a lost answer counts nothing twice.
 */
export class Ledger {
  private lines = new Map<string, UsageLine>();
  private unwritten: UsageBatch | undefined;

  constructor(private readonly clock: Clock) {}

  /** How many lines wait. */
  get size(): number {
    return this.lines.size + (this.unwritten?.lines.length ?? 0);
  }

  add(source: UsageSource, usage: TokenUsage): Amount {
    const amount = amountOf(usage);
    const line = this.line(source);
    line.calls += 1;
    if (usage.cost === undefined) line.unpriced += 1;
    line.input += whole(usage.input);
    line.cached += whole(usage.cachedInput);
    line.output += whole(usage.output);
    line.cost += amount.cost;
    return amount;
  }

  /** What is to be written now: what was not written before, or everything since. Undefined: nothing. */
  batch(): UsageBatch | undefined {
    if (this.unwritten || this.lines.size === 0) return this.unwritten;
    this.unwritten = { id: randomUUID(), lines: [...this.lines.values()] };
    this.lines = new Map();
    return this.unwritten;
  }

  written({ id }: UsageBatch): void {
    if (this.unwritten?.id === id) this.unwritten = undefined;
  }

  private line(source: UsageSource): UsageLine {
    const kept = this.lines.size < MOST_LINES ? source : { ...source, session: '', device: '' };
    const hour = Math.floor(this.clock.now() / HOUR_MS) * HOUR_MS;
    const { tenantId, user, device, agent, session, provider, model } = kept;
    const key = `${hour}\n${tenantId}\n${user}\n${device}\n${agent}\n${session}\n${provider}\n${model}`;
    let line = this.lines.get(key);
    if (!line) {
      line = {
        ...kept,
        user: short(user),
        session: short(session),
        model: short(model),
        hour,
        calls: 0,
        unpriced: 0,
        input: 0,
        cached: 0,
        output: 0,
        cost: 0,
      };
      this.lines.set(key, line);
    }
    return line;
  }
}

const whole = (tokens: number): number => Math.max(0, Math.round(tokens));

/** PostgreSQL keeps no NUL in a text. */
const short = (text: string): string => (text.length <= LONGEST ? text : text.slice(0, LONGEST)).replaceAll('\0', '');

import { randomUUID } from 'node:crypto';
import type { Clock } from '../../kernel/clock.js';
import { type Amount, amountOf, wholeTokens } from './amount.js';
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
/** What callers choose takes no more bytes than this; together with the rest it fits into an index of PostgreSQL. */
const LONGEST = { user: 384, session: 1024, model: 512, device: 128 } as const;

/**
 * What was used and is not written yet. A call adds to a line in memory; a batch takes all lines at once and stays the
 * same until it is known to be written, so that a lost answer counts nothing twice.
 */
export class Ledger {
  private lines = new Map<string, UsageLine>();
  private readonly unwritten: UsageBatch[] = [];

  constructor(private readonly clock: Clock) {}

  /** How many lines wait. */
  get size(): number {
    return this.unwritten.reduce((sum, { lines }) => sum + lines.length, this.lines.size);
  }

  add(source: UsageSource, usage: TokenUsage): Amount {
    const amount = amountOf(usage);
    const line = this.line(source);
    line.calls += 1;
    if (usage.cost === undefined) line.unpriced += 1;
    line.input += wholeTokens(usage.input);
    line.cached += wholeTokens(usage.cachedInput);
    line.output += wholeTokens(usage.output);
    line.cost += amount.cost;
    return amount;
  }

  /** What is to be written now: what was not written before, or everything since. Undefined: nothing. */
  batch(): UsageBatch | undefined {
    if (this.unwritten.length === 0 && this.lines.size > 0) {
      this.unwritten.push(batchOf([...this.lines.values()]));
      this.lines = new Map();
    }
    return this.unwritten[0];
  }

  /** A batch needs no more writing: it is written, or never can be. */
  done(batch: UsageBatch): void {
    this.replace(batch, []);
  }

  /** A batch that was refused as a whole is written in two halves, so that one bad line keeps no other from the books. */
  halve(batch: UsageBatch): void {
    const middle = batch.lines.length >> 1;
    this.replace(batch, [batchOf(batch.lines.slice(0, middle)), batchOf(batch.lines.slice(middle))]);
  }

  private replace(batch: UsageBatch, others: readonly UsageBatch[]): void {
    const place = this.unwritten.indexOf(batch);
    if (place >= 0) this.unwritten.splice(place, 1, ...others);
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
        user: short(user, LONGEST.user),
        device: short(device, LONGEST.device),
        session: short(session, LONGEST.session),
        model: short(model, LONGEST.model),
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

/** PostgreSQL keeps no NUL in a text, and no half of a pair of surrogates. */
function short(text: string, bytes: number): string {
  return Buffer.from(text).subarray(0, bytes).toString('utf8').replaceAll('\0', '');
}

const batchOf = (lines: readonly UsageLine[]): UsageBatch => ({ id: randomUUID(), lines });

import type { Clock } from '../../kernel/clock.js';
import { Ledger, type UsageSource } from './ledger.js';

const HOUR = 3_600_000;
let now = 10 * HOUR + 5;
const clock: Clock = { now: () => now, after: () => () => undefined };

const SOURCE: UsageSource = {
  tenantId: 't',
  user: 'ana',
  device: '',
  agent: 'main',
  session: 's',
  provider: 'openai',
  model: 'gpt',
};
const usage = (input: number, output: number, cost?: number) => ({ input, output, cachedInput: 0, cost });

beforeEach(() => (now = 10 * HOUR + 5));

describe('the ledger', () => {
  it('adds up what one source used within an hour', () => {
    const ledger = new Ledger(clock);
    ledger.add(SOURCE, usage(10, 5, 0.001));
    ledger.add(SOURCE, usage(1, 1));
    ledger.add({ ...SOURCE, session: 'other' }, usage(7, 0));
    now += HOUR;
    ledger.add(SOURCE, usage(2, 0));

    expect(ledger.batch()!.lines).toEqual([
      { ...SOURCE, hour: 10 * HOUR, calls: 2, unpriced: 1, input: 11, cached: 0, output: 6, cost: 1_000_000 },
      { ...SOURCE, session: 'other', hour: 10 * HOUR, calls: 1, unpriced: 1, input: 7, cached: 0, output: 0, cost: 0 },
      { ...SOURCE, hour: 11 * HOUR, calls: 1, unpriced: 1, input: 2, cached: 0, output: 0, cost: 0 },
    ]);
  });

  it('takes no more at a time than can be counted, so that one provider spoils no line', () => {
    const ledger = new Ledger(clock);
    ledger.add(SOURCE, { input: 1e300, output: Infinity, cachedInput: NaN, cost: 1e300 });
    ledger.add(SOURCE, usage(1, 1, 0));
    const [line] = ledger.batch()!.lines;
    for (const count of [line!.input, line!.cached, line!.output, line!.cost]) {
      expect(BigInt(count)).toBeLessThan(2n ** 63n / 1000n);
    }
    expect(line!.calls).toBe(2);
  });

  it('hands out the same batch until it is written, and what came since after it', () => {
    const ledger = new Ledger(clock);
    ledger.add(SOURCE, usage(1, 0));
    const first = ledger.batch()!;
    ledger.add(SOURCE, usage(2, 0));
    expect(ledger.batch()).toBe(first);

    ledger.done(first);
    const second = ledger.batch()!;
    expect(second.id).not.toBe(first.id);
    expect(second.lines.map(({ input }) => input)).toEqual([2]);
    ledger.done(second);
    expect(ledger.batch()).toBeUndefined();
  });

  it('is bounded: sessions are told apart no longer when too many lines wait', () => {
    const ledger = new Ledger(clock);
    for (let n = 0; n < 60_000; n++) ledger.add({ ...SOURCE, session: `s${n}` }, usage(1, 0));
    expect(ledger.size).toBe(50_001);
    const { lines } = ledger.batch()!;
    expect(lines.reduce((sum, { input }) => sum + input, 0)).toBe(60_000);
  });

  it('keeps no NUL, and nothing of any length, in what callers choose', () => {
    const ledger = new Ledger(clock);
    ledger.add({ ...SOURCE, session: `a\0${'b'.repeat(9999)}`, model: 'half \ud800' }, usage(1, 0));
    const [line] = ledger.batch()!.lines;
    expect(line!.session).toBe(`a${'b'.repeat(1022)}`);
    expect(line!.model).toBe('half \ufffd');
  });

  it('halves a batch that is refused, until the bad line is found', () => {
    const ledger = new Ledger(clock);
    for (const session of ['a', 'b', 'bad', 'd', 'e']) ledger.add({ ...SOURCE, session }, usage(1, 0));
    const written: string[] = [];
    for (let batch = ledger.batch(); batch; batch = ledger.batch()) {
      const sessions = batch.lines.map((line) => line.session);
      if (sessions.includes('bad') && sessions.length > 1) ledger.halve(batch);
      else ledger.done(batch);
      if (!sessions.includes('bad')) written.push(...sessions);
    }
    expect(written).toEqual(['a', 'b', 'd', 'e']);
    expect(ledger.size).toBe(0);
  });
});

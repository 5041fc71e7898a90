import { setImmediate as later } from 'node:timers/promises';
import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { type Amount, covers, LARGEST, minus, NOTHING, plus } from './amount.js';
import type { TakeTurn, TurnAnswer, TurnRequest } from './budget-turn.js';
import { Purse, type Share } from './purse.js';
import { OutOfBudget } from './shortage.js';

/** A budget as the database keeps it (migration 0012), in a few lines. */
class Books {
  spent = NOTHING;
  window = new Date(0);
  fails: 'before' | 'after' | undefined;
  asked = 0;
  private readonly holders = new Map<string, { turn: number; held: Amount; granted: boolean; window: number }>();

  constructor(public limit: number) {}

  get held(): number {
    return [...this.holders.values()].reduce((sum, { held }) => sum + held.cost, 0);
  }

  readonly turnOf =
    (holder: string): TakeTurn =>
    async (request) => {
      await later();
      this.asked += 1;
      const { fails } = this;
      this.fails = undefined;
      if (fails === 'before') throw new Unavailable('down');
      const answer = this.turn(holder, request);
      if (fails === 'after') throw new Unavailable('down');
      return answer;
    };

  private turn(holder: string, { nth, usedIn, used, keep, need, want }: TurnRequest): TurnAnswer {
    const known = this.holders.get(holder);
    const window = this.window.getTime();
    let continued = usedIn?.getTime() === window && known?.window === window;
    if (!known || known.turn < nth) {
      if (continued) this.spent = plus(this.spent, used);
      const kept = continued ? keep.cost : 0;
      const others = this.held - (known?.held.cost ?? 0);
      const room = this.limit - this.spent.cost - others - kept;
      const granted = room >= need.cost;
      const more = granted ? Math.min(want.cost, Math.max(need.cost, Math.floor(room / 8))) : 0;
      this.holders.set(holder, { turn: nth, held: { cost: kept + more, tokens: 0 }, granted, window });
    } else continued = usedIn?.getTime() === window;
    const { held, granted } = this.holders.get(holder)!;
    return {
      granted,
      held,
      left: { cost: Math.max(0, this.limit - this.spent.cost - this.held), tokens: null },
      unspent: { cost: Math.max(0, this.limit - this.spent.cost), tokens: null },
      elsewhere: this.held > held.cost,
      continued,
      window: this.window,
      endsInMs: 1_000_000,
    };
  }

  startAnew(window: Date): void {
    this.window = window;
    this.spent = NOTHING;
    this.holders.clear();
  }
}

let now = 0;
const clock: Clock = {
  now: () => now,
  after: (_ms, work) => {
    void later().then(work);
    return () => undefined;
  },
};
const LIMITS = { cost: 1, tokens: null };
const costing = (cost: number): Amount => ({ cost, tokens: 0 });
const purseOf = (books: Books, holder = 'one', recall = async (): Promise<void> => undefined): Purse =>
  new Purse(LIMITS, books.turnOf(holder), clock, recall);

beforeEach(() => (now = 1000));

describe('a purse', () => {
  it('gives shares from memory once it holds some, and asks the budget rarely', async () => {
    const books = new Books(1_000_000);
    const purse = purseOf(books);
    for (let n = 0; n < 1000; n++) (await purse.draw(costing(10))).settle(costing(10));
    expect(books.asked).toBeLessThan(20);
    await purse.report(true);
    expect(books.spent.cost).toBe(10_000);
    expect(books.held).toBe(0);
  });

  it('gives what a call did not use to the next one', async () => {
    const books = new Books(200);
    const purse = purseOf(books);
    for (let n = 0; n < 21; n++) (await purse.draw(costing(100))).settle(costing(5));
    await expect(async () => purse.draw(costing(100))).rejects.toThrow(OutOfBudget);
    await purse.report(true);
    expect(books.spent.cost).toBe(105);
  });

  it('refuses one caller after the other only when what is spent leaves no room, whatever it holds itself', async () => {
    const books = new Books(300);
    const purse = purseOf(books);
    for (let n = 0; n < 16; n++) {
      now += 5;
      (await purse.draw(costing(117))).settle(costing(12));
    }
    await expect(async () => purse.draw(costing(117))).rejects.toMatchObject({
      shortage: { left: { cost: 300 - 16 * 12 }, unspent: { cost: 300 - 16 * 12 } },
    });
  });

  it('counts what it holds for nobody in particular as left', async () => {
    const books = new Books(300);
    const purse = purseOf(books);
    const open = await purse.draw(costing(100));
    (await purse.draw(costing(120))).settle(NOTHING);
    await expect(async () => purse.draw(costing(201))).rejects.toMatchObject({
      shortage: { left: { cost: 200 }, unspent: { cost: 300 } },
    });
    open.settle(NOTHING);
  });

  it('says how much is left, and how much would have been needed', async () => {
    const purse = purseOf(new Books(30));
    await purse.draw(costing(20));
    await expect(purse.draw(costing(20))).rejects.toMatchObject({
      shortage: { need: { cost: 20 }, left: { cost: 10 }, endsInMs: 1_000_000 },
    });
  });

  it('refuses again for a moment without asking, and asks again afterwards', async () => {
    const books = new Books(10);
    const purse = purseOf(books);
    const held = await purse.draw(costing(10));
    await expect(purse.draw(costing(5))).rejects.toThrow(OutOfBudget);
    const { asked } = books;
    expect(() => purse.draw(costing(5))).toThrow(OutOfBudget);
    expect(books.asked).toBe(asked);

    books.limit = 20;
    now += 101;
    await purse.draw(costing(5));
    held.settle(NOTHING);
  });

  it('counts what a call came to beyond what it had set aside', async () => {
    const books = new Books(100);
    const purse = purseOf(books);
    (await purse.draw(costing(10))).settle(costing(95));
    await expect(async () => purse.draw(costing(10))).rejects.toThrow(OutOfBudget);
    await purse.report(true);
    expect(books.spent.cost).toBe(95);
  });

  it.each(['before', 'after'] as const)('loses and doubles nothing when the database fails %s it', async (moment) => {
    const books = new Books(1000);
    const purse = purseOf(books);
    (await purse.draw(costing(100))).settle(costing(100));
    books.fails = moment;
    await expect(purse.report(true)).rejects.toThrow(Unavailable);
    books.fails = moment;
    await expect(purse.draw(costing(100))).rejects.toThrow(Unavailable);
    (await purse.draw(costing(100))).settle(costing(100));
    await purse.report(true);
    await purse.report(true);
    expect([books.spent.cost, books.held]).toEqual([200, 0]);
  });

  it('sends what the database refused no second time, and loses nothing by it', async () => {
    const books = new Books(1000);
    const take: TakeTurn = async (request) => {
      if (request.need.cost > 1e18) throw new Error('out of range for type bigint');
      return books.turnOf('one')(request);
    };
    const purse = new Purse(LIMITS, take, clock, async () => undefined);
    (await purse.draw(costing(100))).settle(costing(60));
    await expect(purse.draw(costing(1e20))).rejects.toThrow('out of range');
    (await purse.draw(costing(100))).settle(costing(70));
    await purse.report(true);
    expect([books.spent.cost, books.held]).toEqual([130, 0]);
  });

  it('asks for no more, and says no more at a time, than can be counted', async () => {
    const requests: TurnRequest[] = [];
    const books = new Books(1000);
    const take: TakeTurn = (request) => {
      requests.push(request);
      return books.turnOf('one')(request);
    };
    const purse = new Purse(LIMITS, take, clock, async () => undefined);
    const open = await Promise.all([1, 2].map(() => purse.draw(costing(1))));
    for (const share of open) share.settle(LARGEST);
    await Promise.allSettled([1, 2].map(async () => purse.draw(LARGEST)));
    await purse.report(true);
    await purse.report(true);
    expect(books.spent).toEqual(plus(LARGEST, LARGEST));
    for (const { used, want } of requests) for (const one of [used, want]) expect(covers(LARGEST, one)).toBe(true);
  });

  it('begins anew in a new window: what was taken in the old one is no part of it', async () => {
    const books = new Books(100);
    const purse = purseOf(books);
    const old = await purse.draw(costing(80));
    books.startAnew(new Date(5));
    now += 2_000_000;
    const fresh = await purse.draw(costing(90));
    old.settle(costing(80));
    fresh.settle(costing(90));
    await purse.report(true);
    expect(books.spent.cost).toBe(90);
  });

  it('gives back what nobody takes, and what is called for', async () => {
    const books = new Books(1000);
    const purse = purseOf(books);
    const share = await purse.draw(costing(100));
    share.settle(costing(1));
    await purse.report(); // in use
    expect(books.held).toBe(99);
    await purse.report(); // idle since
    expect([books.spent.cost, books.held]).toEqual([1, 0]);
  });

  it.each(['before', 'after'] as const)(
    'gives back what is called for, also when the database failed %s it',
    async (moment) => {
      const books = new Books(1000);
      const purse = purseOf(books);
      (await purse.draw(costing(100))).settle(costing(1));
      books.fails = moment;
      await expect(purse.report()).rejects.toThrow(Unavailable);
      await purse.report(true);
      expect([books.spent.cost, books.held]).toEqual([1, 0]);
    },
  );

  it('forgets no call for what it holds when the database fails once more', async () => {
    const books = new Books(1000);
    const purse = purseOf(books);
    (await purse.draw(costing(100))).settle(costing(1));
    books.fails = 'before';
    await expect(purse.report()).rejects.toThrow(Unavailable);
    books.fails = 'before';
    await expect(purse.report(true)).rejects.toThrow(Unavailable);
    const share = await purse.draw(costing(20));
    await purse.report();
    expect([books.spent.cost, books.held]).toEqual([1, 20]);
    share.settle(NOTHING);
  });

  it('gives back what is called for while it asks for more, as soon as it has that', async () => {
    const books = new Books(1000);
    const purse = purseOf(books);
    (await purse.draw(costing(100))).settle(NOTHING);
    const drawn = purse.draw(costing(150));
    await purse.report(true);
    const share = await drawn;
    for (let n = 0; n < 5; n += 1) await later();
    expect(books.held).toBe(150);
    share.settle(NOTHING);
  });

  it('asks others for what they do not use before it refuses', async () => {
    const books = new Books(100);
    const other = purseOf(books, 'other');
    (await other.draw(costing(100))).settle(costing(10));
    const purse = purseOf(books, 'one', () => other.report(true));
    (await purse.draw(costing(90))).settle(costing(90));
    expect(books.held).toBe(90);
  });

  it('of a budget that was removed concerns nobody', async () => {
    const purse = new Purse(
      LIMITS,
      async () => undefined,
      clock,
      async () => undefined,
    );
    (await purse.draw(costing(100))).settle(costing(100));
    expect((await purse.draw(costing(1e15))).settle).toBeInstanceOf(Function);
  });

  it('counts tokens that nobody bounds, and holds none of them', async () => {
    const requests: TurnRequest[] = [];
    const books = new Books(1000);
    const take: TakeTurn = (request) => {
      requests.push(request);
      return books.turnOf('one')(request);
    };
    const purse = new Purse(LIMITS, take, clock, async () => undefined);
    (await purse.draw({ cost: 1, tokens: 50 })).settle({ cost: 1, tokens: 40 });
    await purse.report(true);
    expect(requests.map(({ need, used }) => [need.tokens, used.tokens])).toEqual([
      [0, 0],
      [0, 40],
    ]);
  });
});

/** As good as random, and the same each time. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

it.each(Array.from({ length: 40 }, (_, seed) => seed))(
  'three purses never overspend, lose or invent anything (%i)',
  async (seed) => {
    const roll = dice(seed + 1);
    const limit = 200 + roll(5000);
    const books = new Books(limit);
    const purses = ['a', 'b', 'c'].map((holder) => purseOf(books, holder, () => recall()));
    const recall = async (): Promise<void> => {
      await Promise.allSettled(purses.map((purse) => purse.report(true)));
    };
    const open: { share: Share; need: number }[] = [];
    let settled = 0;
    let refused = 0;
    const clients = Array.from({ length: 12 }, async () => {
      for (let n = 0; n < 40; n++) {
        const purse = purses[roll(3)]!;
        const need = 1 + roll(60);
        now += roll(30);
        if (roll(20) === 0) books.fails = roll(2) === 0 ? 'before' : 'after';
        try {
          open.push({ share: await purse.draw(costing(need)), need });
        } catch (error) {
          if (!(error instanceof OutOfBudget || error instanceof Unavailable)) throw error;
          refused += 1;
        }
        if (roll(3) === 0) await purse.report(roll(2) === 0).catch(() => undefined);
        if (roll(2) === 0) await later();
        const over = open.splice(roll(open.length + 1), 1)[0];
        if (!over) continue;
        const used = roll(over.need + 1);
        over.share.settle(costing(used));
        settled += used;
        expect(settled).toBeLessThanOrEqual(limit);
      }
    });
    await Promise.all(clients);
    for (const { share } of open) share.settle(NOTHING);
    books.fails = undefined;
    for (let n = 0; n < 10; n += 1) await later(); // what is still being given back
    for (const purse of [...purses, ...purses]) await purse.report(true);

    expect(minus(books.spent, costing(settled))).toEqual(NOTHING);
    expect(books.held).toBe(0);
    expect(refused).toBeGreaterThan(0);
  },
);

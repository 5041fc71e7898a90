import { LiveLocks } from './live-locks.js';

describe('live locks', () => {
  it('remembers when a lock ends, and that it has ended', () => {
    const locks = new LiveLocks();
    locks.set('192.0.2.1', 1060, 1000);

    expect(locks.endOf('192.0.2.1')).toBe(1060);
    expect(locks.endOf('192.0.2.2')).toBe(0);
    expect([...locks.live(1059)]).toEqual([['192.0.2.1', 1060]]);
    expect([...locks.live(1060)]).toEqual([]);
  });

  it('lets a later lock replace an earlier one, and forgets on demand', () => {
    const locks = new LiveLocks();
    locks.set('a', 1060, 1000);
    locks.set('b', 1070, 1010);
    locks.set('a', 1130, 1070);
    expect([...locks.live(1000)].toSorted()).toEqual([
      ['a', 1130],
      ['b', 1070],
    ]);

    locks.delete('a');
    locks.delete('b');
    expect(locks.size).toBe(0);
  });

  it('never drops a live lock, and keeps no more than two lockouts of dead ones', () => {
    const locks = new LiveLocks();
    const lockout = 60_000;
    for (let now = 0; now < 600_000; now += 20) {
      locks.set(`source ${now}`, now + lockout, now);
      const oldestLive = Math.max(0, now - lockout + 20);
      expect(locks.endOf(`source ${oldestLive}`)).toBe(oldestLive + lockout);
    }
    expect(locks.size).toBeLessThanOrEqual((3 * lockout) / 20);
  });

  it('keeps to its capacity when even the locks are a flood', () => {
    const locks = new LiveLocks(1000);
    for (let i = 0; i < 10_000; i += 1) locks.set(`source ${i}`, 1_000_000, 0);

    expect(locks.size).toBeLessThanOrEqual(1000);
    expect(locks.endOf('source 9999')).toBe(1_000_000);
  });
});

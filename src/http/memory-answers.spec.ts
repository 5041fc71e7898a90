import { MemoryAnswers } from './memory-answers.js';

const request = (key: string) => ({ key, caller: 'c', tenantId: 't', fingerprint: 'f' });

describe('answers in memory', () => {
  let now = 0;
  const answers = (bounds: { entries?: number; size?: number } = {}) => {
    now = 0;
    const clock = { now: () => now, after: () => () => {} };
    return new MemoryAnswers(clock, { lifeMs: 1000, entries: 3, size: 100, ...bounds });
  };

  async function keep(kept: MemoryAnswers, key: string, sealed = key): Promise<void> {
    await kept.begin(request(key));
    await kept.keep(request(key), sealed);
  }

  /** Those of these keys that are known, without entering them. */
  async function known(kept: MemoryAnswers, keys: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (const key of keys) {
      if (await kept.begin(request(key))) found.push(key);
      else await kept.release(request(key));
    }
    return found;
  }

  it('are there until their time is over', async () => {
    const kept = answers();
    await keep(kept, 'a', 'x');
    now = 999;
    expect(await kept.begin(request('a'))).toEqual({ state: 'answered', fingerprint: 'f', sealed: 'x' });
    now = 1000;
    expect(await kept.begin(request('a'))).toBeUndefined();
    expect(await kept.begin(request('a'))).toEqual({ state: 'under way', fingerprint: 'f' });
  });

  it('make room for others, the oldest first', async () => {
    const kept = answers();
    for (const key of ['a', 'b', 'a', 'c', 'd']) await keep(kept, key);
    expect(await known(kept, ['b', 'c', 'd'])).toEqual(['c', 'd']);
  });

  it('take no more room than they may, counting each once', async () => {
    const kept = answers({ size: 10, entries: 100 });
    for (let count = 0; count < 50; count += 1) await kept.keep(request('a'), '12345');
    await keep(kept, 'b', '12345');
    expect(await known(kept, ['a', 'b'])).toEqual(['a', 'b']);
    await keep(kept, 'c', '1');
    expect(await known(kept, ['a'])).toEqual([]);
    await keep(kept, 'd', 'x'.repeat(11));
    expect(await known(kept, ['b', 'c', 'd'])).toEqual([]);
  });

  it('what is under way is never pushed out', async () => {
    const kept = answers();
    await kept.begin(request('a'));
    for (const key of ['b', 'c', 'd', 'e']) await keep(kept, key);
    expect(await kept.begin(request('a'))).toMatchObject({ state: 'under way' });
  });
});

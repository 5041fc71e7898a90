import { KeptAnswers } from './kept-answers.js';

const answer = (body: string) => ({ fingerprint: 'f', status: 200, contentType: undefined, body });

describe('kept answers', () => {
  let now = 0;
  const answers = (bounds: { entries?: number; size?: number } = {}) => {
    now = 0;
    const clock = { now: () => now, after: () => () => {} };
    return new KeptAnswers(clock, { lifeMs: 1000, entries: 3, size: 100, ...bounds });
  };

  it('are there until their time is over', () => {
    const kept = answers();
    kept.set('a', answer('x'));
    now = 999;
    expect(kept.get('a')?.body).toBe('x');
    now = 1000;
    expect(kept.get('a')).toBeUndefined();
  });

  it('make room for others, the oldest first', () => {
    const kept = answers();
    for (const key of ['a', 'b', 'a', 'c', 'd']) kept.set(key, answer(key));
    expect(['a', 'b', 'c', 'd'].filter((key) => kept.get(key))).toEqual(['a', 'c', 'd']);
  });

  it('take no more room than they may, counting each body once', () => {
    const kept = answers({ size: 10, entries: 100 });
    for (let count = 0; count < 50; count += 1) kept.set('a', answer('12345'));
    kept.set('b', answer('12345'));
    expect([kept.get('a'), kept.get('b')].filter(Boolean)).toHaveLength(2);
    kept.set('c', answer('1'));
    expect(kept.get('a')).toBeUndefined();
    kept.set('d', answer('x'.repeat(11)));
    expect(['a', 'b', 'c', 'd'].filter((key) => kept.get(key))).toEqual([]);
  });
});

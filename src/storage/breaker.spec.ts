import { describe, expect, it } from '@jest/globals';
import { Unavailable } from '../kernel/errors.js';
import { Breaker } from './breaker.js';

function closedBreaker(): { breaker: Breaker; trips: string[] } {
  const trips: string[] = [];
  const breaker = new Breaker('not connected yet', (reason) => trips.push(reason));
  breaker.close();
  return { breaker, trips };
}

describe('the breaker', () => {
  it('is open until somebody has connected', () => {
    const breaker = new Breaker('not connected yet', () => {});

    expect(() => breaker.check()).toThrow(new Unavailable('database: not connected yet'));
    breaker.close();
    expect(() => breaker.check()).not.toThrow();
  });

  it('opens at the first broken connection, and tells once', () => {
    const { breaker, trips } = closedBreaker();

    breaker.failed({ reason: 'gone', slow: false });
    breaker.failed({ reason: 'gone', slow: false });

    expect(() => breaker.check()).toThrow('gone');
    expect(trips).toEqual(['gone']);
  });

  it('opens at the third slow answer in a row, and not for slow ones among good ones', () => {
    const { breaker, trips } = closedBreaker();
    const slow = { reason: 'slow', slow: true };

    for (let n = 0; n < 10; n++) {
      breaker.failed(slow);
      breaker.failed(slow);
      breaker.answered();
    }
    expect(trips).toEqual([]);
    breaker.failed(slow);
    breaker.failed(slow);
    breaker.failed(slow);
    expect(trips).toEqual(['slow']);
  });
});

import { type Step, Trail } from './trail.js';

const NOT_MINE: Step = { method: 'device-token', verdict: 'not mine' };
const SUCCEEDED: Step = { method: 'token', verdict: 'succeeded' };

describe('Trail', () => {
  it('keeps the steps in order', () => {
    expect(Trail.START.along(NOT_MINE).along(SUCCEEDED).steps).toEqual([NOT_MINE, SUCCEEDED]);
  });

  it('is one and the same for callers that fare alike', () => {
    expect(Trail.START.along(NOT_MINE).along(SUCCEEDED)).toBe(Trail.START.along(NOT_MINE).along(SUCCEEDED));
  });

  it('shares nothing of what only one caller has', () => {
    const own: Step = { method: 'token', verdict: 'refused', code: 'token_expired', reason: 'token 7' };

    expect(Trail.START.along(NOT_MINE).aside(own).steps).toEqual([NOT_MINE, own]);
    expect(Trail.START.along(NOT_MINE).aside(own)).not.toBe(Trail.START.along(NOT_MINE).aside(own));
    expect(Trail.START.along(NOT_MINE).steps).toEqual([NOT_MINE]);
  });
});

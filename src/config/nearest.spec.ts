import { editDistance, nearest } from './nearest.js';

describe('the nearest key', () => {
  it.each([
    ['', '', 0],
    ['token', 'token', 0],
    ['tokne', 'token', 1],
    ['tokn', 'token', 1],
    ['tokens', 'token', 1],
    ['tolen', 'token', 1],
    ['abc', '', 3],
    ['mode', 'token', 3],
  ])('%j and %j are %i steps apart', (a, b, steps) => {
    expect(editDistance(a, b)).toBe(steps);
    expect(editDistance(b, a)).toBe(steps);
  });

  it('is near when a third of its letters is right enough, in whichever case', () => {
    expect(nearest('TRUSTEDPROXYS', ['trustedProxies', 'port'])).toEqual({ word: 'trustedProxies', isNear: true });
    expect(nearest('colour', ['port', 'bind'])).toEqual(expect.objectContaining({ isNear: false }));
    expect(nearest('x', [])).toBeUndefined();
  });
});

import { canonicalUserCode, newUserCode } from './user-code.js';

it('is eight consonants with a dash between', () => {
  for (let i = 0; i < 200; i += 1)
    expect(newUserCode()).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
});

it('is hardly ever the same twice', () => {
  expect(new Set(Array.from({ length: 1000 }, newUserCode)).size).toBe(1000);
});

// prettier-ignore
it.each([
  ['WDJB-MJHT',    'WDJB-MJHT'],
  ['wdjbmjht',     'WDJB-MJHT'],
  [' wd jb-mj ht', 'WDJB-MJHT'],
  ['WDJB-MJH',     undefined],
  ['WDJB-MJHTX',   undefined],
  ['WDJB-MJHA',    undefined],
  ['ＷDJB-MJHT',   undefined],
  ['-'.repeat(99), undefined],
  ['',             undefined],
])('%j means %j', (typed, meant) => {
  expect(canonicalUserCode(typed)).toBe(meant);
});

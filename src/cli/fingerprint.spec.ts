import { beginningOf, fingerprint } from './fingerprint.js';

const ID = '3f0c5a8e6f0e4c1e' + 'a'.repeat(48);

describe('a fingerprint', () => {
  it('is the beginning of the id of a key', () => {
    expect(fingerprint(ID)).toBe('3f0c-5a8e-6f0e-4c1e');
  });

  it.each([
    ['a name', 'kitchen-pi', 'kitchen-pi'],
    ['a name that moves the cursor', '\u001b[2Jx', '\\u001b[2Jx'],
  ])('of %s is the name, made harmless', (_, id, shown) => {
    expect(fingerprint(id)).toBe(shown);
  });

  // prettier-ignore
  it.each([
    ['3f0c-5a8e-6f0e-4c1e', '3f0c5a8e6f0e4c1e'],
    ['3f0c-5a8e',           '3f0c5a8e'],
    ['3f0c5a8e6f0e4c1e',    '3f0c5a8e6f0e4c1e'],
    ['3f0c',                undefined],
    ['kitchen-pi',          undefined],
    [ID,                    undefined],
  ])('typed as %s begins with %s', (typed, beginning) => {
    expect(beginningOf(typed)).toBe(beginning);
  });
});

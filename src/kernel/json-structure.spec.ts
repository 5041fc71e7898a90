import { JsonStructure } from './json-structure.js';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const members = (count: number): string => `{${Array.from({ length: count }, (_, n) => `"k${n}":1`).join(',')}}`;

describe('how a text of JSON is built', () => {
  // prettier-ignore
  it.each<[string, string, string | undefined]>([
    ['a hundred deep',            nested(100),                    undefined],
    ['one deeper',                nested(101),                    'it is nested more than 100 deep'],
    ['as deep, but in a string',  JSON.stringify(nested(1000)),   undefined],
    ['10,000 members',            members(10_000),                undefined],
    ['one more',                  members(10_001),                'it has an object of more than 10000 members'],
    ['no JSON',                   '{"a',                          undefined],
  ])('%s', (_what, text, expected) => {
    const told = [true, false].map((isStrict) => new JsonStructure({ what: 'it', isStrict }).problem(text));
    expect(told).toEqual([expected, expected]);
  });

  it('a name is said once, and is no prototype, where that is asked', () => {
    const loose = new JsonStructure({ what: 'it', isStrict: false });
    const strict = new JsonStructure({ what: 'it', isStrict: true });
    expect(loose.problem('{"a":1,"a":{"__proto__":1}}')).toBeUndefined();
    expect(strict.problem('{"a":1,"\\u0061":2}')).toBe('it says "a" twice in one object: say it once');
    expect(strict.problem('{"__proto__":1}')).toMatch(/__proto__/);
  });

  it('the values of several texts are counted together', () => {
    const structure = new JsonStructure({ what: 'it', isStrict: false });
    const text = `[${'0,'.repeat(600_000)}0]`;
    expect(structure.problem(text)).toBeUndefined();
    expect(structure.problem(text)).toBe('it holds more than 1000000 values');
  });
});

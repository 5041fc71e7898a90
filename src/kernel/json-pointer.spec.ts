import { parsePointer, PointerError, valueAtPointer } from './json-pointer.js';

/** The document of RFC 6901, section 5. */
const DOCUMENT = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
};

// prettier-ignore
const EXAMPLES: readonly [pointer: string, value: unknown][] = [
  ['',       DOCUMENT],
  ['/foo',   ['bar', 'baz']],
  ['/foo/0', 'bar'],
  ['/',      0],
  ['/a~1b',  1],
  ['/c%d',   2],
  ['/e^f',   3],
  ['/g|h',   4],
  ['/i\\j',  5],
  ['/k"l',   6],
  ['/ ',     7],
  ['/m~0n',  8],
];

/** Section 6: the same pointers as the fragment of a URI. */
// prettier-ignore
const FRAGMENTS = ['#', '#/foo', '#/foo/0', '#/', '#/a~1b', '#/c%25d', '#/e%5Ef', '#/g%7Ch', '#/i%5Cj', '#/k%22l', '#/%20', '#/m~0n'];

describe('RFC 6901', () => {
  it.each(EXAMPLES)('section 5: %j', (pointer, value) => {
    expect(valueAtPointer(DOCUMENT, pointer)).toEqual(value);
  });

  it.each(FRAGMENTS.map((fragment, i) => [fragment, EXAMPLES[i]![1]] as const))('section 6: %s', (fragment, value) => {
    expect(valueAtPointer(DOCUMENT, decodeURIComponent(fragment.slice(1)))).toEqual(value);
  });

  it('section 4: ~01 is ~1, never /', () => {
    expect(parsePointer('/~01/~10')).toEqual(['~1', '/0']);
  });

  it.each(['foo', '#/foo', 'foo/bar', '~', '/~', '/~2', '/a~'])('section 3: %j is no pointer', (text) => {
    expect(() => valueAtPointer(DOCUMENT, text)).toThrow(PointerError);
  });

  it.each([
    '/foo/00',
    '/foo/01',
    '/foo/-',
    '/foo/+1',
    '/foo/1e0',
    '/foo/2',
    '/foo/length',
    '/foo/0/0',
    '/foo/',
    '/bar',
  ])('section 4: %s leads nowhere', (pointer) => {
    expect(valueAtPointer(DOCUMENT, pointer)).toBeUndefined();
  });
});

describe('S154: what does not stand in the document', () => {
  it.each(['/__proto__', '/__proto__/polluted', '/constructor', '/constructor/name', '/foo/constructor', '/toString'])(
    '%s is nothing',
    (pointer) => {
      expect(valueAtPointer(DOCUMENT, pointer)).toBeUndefined();
    },
  );

  it('is found when it does stand there', () => {
    expect(valueAtPointer(JSON.parse('{"__proto__":{"x":"y"}}'), '/__proto__/x')).toBe('y');
  });
});

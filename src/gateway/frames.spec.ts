import * as fc from 'fast-check';
import { decode } from './frames.js';
import { MAX_DEPTH } from './protocol.js';

const read = (text: string): unknown => decode(Buffer.from(text), false);

/** How deep a value is nested: 0 for a scalar. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

const nested = (depth: number): string => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2);

describe('decode', () => {
  it('gives back what JSON says, whatever stands in its strings', () => {
    const text = fc.string({ unit: fc.constantFrom('"', '\\', '[', '{', ']', '}', 'a', 'ü') });
    const value = fc.array(fc.oneof(text, fc.dictionary(text, text)), { maxLength: 40 });
    const found = fc.check(
      fc.property(value, (list) => JSON.stringify(read(JSON.stringify(list))) === JSON.stringify(list)),
    );
    expect(found.counterexample).toBeNull();
  });

  it.each([MAX_DEPTH - 2, MAX_DEPTH])('takes a frame nested %i deep', (depth) => {
    expect(depthOf(read(nested(depth)))).toBe(depth);
  });

  it.each([MAX_DEPTH + 2, 60_000])('refuses a frame nested %i deep', (depth) => {
    expect(() => read(nested(depth))).toThrow(`nested more than ${MAX_DEPTH} deep`);
  });

  it.each(['', '{', '{"a":1}}', "{'a':1}", 'undefined'])('refuses %j as no JSON', (text) => {
    expect(() => read(text)).toThrow('parse error');
  });

  it('leaves every prototype as it is', () => {
    read('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

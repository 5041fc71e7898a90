import fc from 'fast-check';
import { strictJson } from './strict-json.js';

const membersOf = (count: number): string => Array.from({ length: count }, (_unused, n) => `"k${n}":1`).join(',');
const read = (text: string): unknown => strictJson(Buffer.from(text, 'utf8'));

describe('a body', () => {
  it('that every reader reads alike is read as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        expect(read(JSON.stringify(value, null, space))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('that says a name twice is found out, however it is written', () => {
    const escape = (name: string): string =>
      [...name].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    const name = fc.string({ maxLength: 5 }).filter((text) => text !== '__proto__');
    fc.assert(
      fc.property(name, fc.jsonValue(), fc.boolean(), fc.boolean(), (twice, between, hidden, inside) => {
        const second = hidden
          ? `"${[...twice].every((c) => c.length === 1) ? escape(twice) : JSON.stringify(twice).slice(1, -1)}"`
          : JSON.stringify(twice);
        fc.pre(!JSON.stringify(between).includes('__proto__'));
        const object = `{${JSON.stringify(twice)}: ${JSON.stringify(between)} , ${second}:1}`;
        expect(() => read(inside ? `[{"a":[${object}]}]` : object)).toThrow(/twice in one object/);
      }),
    );
  });

  // prettier-ignore
  it.each([
    ['the same name in two objects',   '[{"a":1},{"a":2}]'],
    ['a name that is a value as well', '{"a":"a","b":["a","a"]}'],
    ['quotes and commas in strings',   '{"a\\"":"{,\\"a\\":","b\\\\":"\\\\","c":"[[[["}'],
    ['a hundred lists',                `${'['.repeat(100)}${']'.repeat(100)}`],
    ['10,000 members',             `{"a":{${membersOf(10_000)}}}`],
    ['a number of a million digits',   `{"seed":${'9'.repeat(1_000_000)}}`],
  ])('with %s is none of that', (_, text) => {
    expect(read(text)).toEqual(JSON.parse(text));
  });

  // prettier-ignore
  it.each([
    ['nothing',               '',                                         /empty/],
    ['a byte order mark',     '\uFEFF{}',                                 /no JSON/],
    ['half an object',        '{"a":1',                                   /no JSON/],
    ['half a string',         '{"a":"1',                                  /no JSON/],
    ['a wrong escape',        '{"\\x":1}',                                /no JSON/],
    ['brackets the wrong way', ']}{[',                                    /no JSON/],
    ['a prototype',           '{"messages":[{"__proto__":{"a":1}}]}',     /__proto__/],
    ['a hidden one',          '{"\\u005f_proto__":{}}',                   /__proto__/],
    ['101 lists',             `${'['.repeat(101)}${']'.repeat(101)}`,     /100 deep/],
    ['100,000 lists',         '['.repeat(100_000),                        /100 deep/],
    ['a million lists',       `[${'[],'.repeat(1_000_000)}1]`,            /more than 1000000 values/],
    ['10,001 members',        `{"a":{${membersOf(10_001)}}}`,             /more than 10000 members/],
    ['an endless object',     `{${Array.from({ length: 20 }, (_unused, n) => `"n${n % 19}":0`).join(',')}}`, /"n0" twice/],
  ])('of %s is refused', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('that is no UTF-8 is refused', () => {
    expect(() => strictJson(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toThrow(/UTF-8/);
  });

  it('of members without end is refused for the cost of its first (S208)', () => {
    const text = Buffer.from(`{${membersOf(1_300_000)}}`, 'utf8');
    const from = process.cpuUsage();
    expect(() => strictJson(text)).toThrow(/more than 10000 members/);
    expect(process.cpuUsage(from).user / 1000).toBeLessThan(200);
  });

  it('full of escapes takes no longer than its length', () => {
    const text = JSON.stringify({ a: '\\'.repeat(500_000), b: '"'.repeat(500_000) });
    const from = process.cpuUsage();
    read(text);
    expect(process.cpuUsage(from).user / 1000).toBeLessThan(500);
  });
});

import fc from 'fast-check';
import JSON5 from 'json5';
import type { Tree } from '../tree.js';
import { editJson5 } from './json5-edit.js';
import { type ConfigEdit, editTree, EditRefused } from './tree-edit.js';

const set = (keys: string, value: unknown): ConfigEdit => ({ keys: keys.split('.'), value });
const unset = (keys: string): ConfigEdit => ({ keys: keys.split('.'), remove: true });

describe('an edit leaves everything else as a person wrote it', () => {
  // prettier-ignore
  it.each<[what: string, before: string, edit: ConfigEdit, after: string]>([
    ['a value',
      `// mine\n{\n  gateway: {\n    port: 1, // the port\n  },\n}\n`, set('gateway.port', 2),
      `// mine\n{\n  gateway: {\n    port: 2, // the port\n  },\n}\n`],
    ['a new key behind a comment',
      `{\n  gateway: {\n    port: 1, // the port\n    // more to come\n  },\n}\n`, set('gateway.bind', 'lan'),
      `{\n  gateway: {\n    port: 1, // the port\n    // more to come\n    bind: "lan",\n  },\n}\n`],
    ['a new key without a comma before it',
      `{\n  'gateway': {\n    'port': 1 // the port\n  }\n}\n`, set('gateway.bind', 'lan'),
      `{\n  'gateway': {\n    'port': 1, // the port\n    'bind': 'lan'\n  }\n}\n`],
    ['a new key right behind the last one',
      `{\n  gateway: {\n    port: 1\n  }\n}`, set('gateway.bind', 'lan'),
      `{\n  gateway: {\n    port: 1,\n    bind: "lan"\n  }\n}`],
    ['a whole section',
      `{\n\tgateway: { port: 1 },\n}\n`, set('models.providers.my-one.apiKey', 'x'),
      `{\n\tgateway: { port: 1 },\n\tmodels: {\n\t\tproviders: {\n\t\t\t"my-one": {\n\t\t\t\tapiKey: "x"\n\t\t\t}\n\t\t}\n\t},\n}\n`],
    ['a line of several',
      `{ gateway: { port: 1 } }`, set('gateway.bind', 'lan'),
      `{ gateway: { port: 1, bind: "lan" } }`],
    ['an empty object',
      `{}\n`, set('gateway.port', 1), `{\n  gateway: {\n    port: 1\n  }\n}\n`],
    ['an empty object with a comment',
      `{\n  // nothing yet\n}\n`, set('a', 1), `{\n  // nothing yet\n  a: 1\n}\n`],
    ['an empty file', '', set('a.b', true), `{\n  a: {\n    b: true\n  }\n}\n`],
    ['an item of a list', `{ a: [1, 2] }`, set('a.1', 3), `{ a: [1, 3] }`],
    ['one more item', `{ a: [1, 2] }`, set('a.2', 3), `{ a: [1, 2, 3] }`],
    ['the key that counts of two', `{ a: 1, a: 2 }`, set('a', 3), `{ a: 1, a: 3 }`],
    ['a key taken away',
      `{\n  // why\n  a: 1, // what\n  b: 2,\n}\n`, unset('b'), `{\n  // why\n  a: 1, // what\n}\n`],
    ['a key taken away, its comment kept',
      `{\n  a: 1, // what\n  b: 2,\n}\n`, unset('a'), `{\n  // what\n  b: 2,\n}\n`],
    ['the last key, and the comma before it', `{\n  a: 1,\n  b: 2\n}\n`, unset('b'), `{\n  a: 1\n}\n`],
    ['a key of a line', `{ a: 1, b: 2 }`, unset('a'), `{ b: 2 }`],
  ])('%s', async (_what, before, edit, after) => {
    expect(await editJson5(before, edit, false)).toBe(after);
  });

  it('in a .json file, what other programs can read', async () => {
    const after = await editJson5('{"a": 1}', set('b.c', "it's"), true);

    expect(JSON.parse(after)).toEqual({ a: 1, b: { c: "it's" } });
  });

  // prettier-ignore
  it.each([
    ['something that is not there',  unset('a.c'),    'a.c is not set'],
    ['below a text',                 set('a.b.c', 1), 'a.b is text, and nothing can stand below that; unset it first'],
    ['outside of a list',            set('l.5', 1),   'l.5 is no place in a list of 1; the next free one is 1'],
  ])('refuses %s', async (_what, edit, message) => {
    await expect(editJson5(`{ a: { b: 'x' }, l: [1] }`, edit, false)).rejects.toThrow(new EditRefused(message));
  });
});

describe('what comes out is what was meant', () => {
  const key = fc.constantFrom('a', 'b', 'c-d', "e'f", '"', '0');
  const value = fc.jsonValue({ maxDepth: 2 });
  const tree = fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value)), { noNullPrototype: true });
  const print = (content: unknown, style: number): string =>
    [
      () => JSON5.stringify(content),
      () => JSON5.stringify(content, null, 2),
      () => JSON.stringify(content, null, '\t'),
      () =>
        `// first\n${JSON5.stringify(content, { space: 4, quote: '"' }).replaceAll(',\n', ', // note\n')} /* last */`,
    ][style]!();

  it('for any file and any edit', async () => {
    await fc.assert(
      fc.asyncProperty(
        tree,
        fc.nat(3),
        fc.array(key, { minLength: 1, maxLength: 3 }),
        fc.option(value, { nil: undefined }),
        async (content, style, keys, put) => {
          const edit: ConfigEdit = put === undefined ? { keys, remove: true } : { keys, value: put };
          const meant = await outcome(() => editTree(content as Tree, edit));
          const made = await outcome(async () => JSON5.parse(await editJson5(print(content, style), edit, false)));

          expect(made).toEqual(meant);
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** What comes of it as plain data; a refusal is one too, whatever its words. */
async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return JSON.parse(JSON.stringify(await work())) as unknown;
  } catch (error) {
    if (error instanceof EditRefused) return 'refused';
    throw error;
  }
}

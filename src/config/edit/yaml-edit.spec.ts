import type { ConfigEdit } from './tree-edit.js';
import { editYaml } from './yaml-edit.js';

const set = (keys: string, value: unknown): ConfigEdit => ({ keys: keys.split('.'), value });
const unset = (keys: string): ConfigEdit => ({ keys: keys.split('.'), remove: true });

const FILE = `# mine
gateway:
    port: 1 # the port

    # who may come in
    auth:
        token: 'a b'
list: [1, 2]
`;

describe('an edit of YAML leaves everything else as a person wrote it', () => {
  // prettier-ignore
  it.each<[what: string, edit: ConfigEdit, from: string | RegExp, to: string]>([
    ['a value',            set('gateway.port', 2),          'port: 1',       'port: 2'],
    ['a text in quotes',   set('gateway.auth.token', 'c'),  "'a b'",         "'c'"],
    ['a new key',          set('gateway.bind', 'lan'),      "'a b'\n",       "'a b'\n    bind: lan\n"],
    ['a new section',      set('a.b', true),                /$/,             'a:\n    b: true\n'],
    ['a text like a number', set('a', '007'),               /$/,             'a: "007"\n'],
    ['an item of a list',  set('list.1', 3),                '[1, 2]',        '[1, 3]'],
    ['one more item',      set('list.2', 3),                '[1, 2]',        '[1, 2, 3]'],
    ['a key taken away',   unset('gateway.port'),           '    port: 1 # the port\n', ''],
  ])('%s', async (_what, edit, from, to) => {
    expect((await editYaml(FILE, edit)).replace(/ +$/gm, '')).toBe(FILE.replace(from, to));
  });

  it('into an empty file', async () => {
    expect(await editYaml('', set('a.b', 1))).toBe('a:\n  b: 1\n');
  });

  // prettier-ignore
  it.each([
    ['something that is not there', unset('a.c'),            'a.c is not set'],
    ['below a text',                set('gateway.port.x', 1), 'gateway.port holds a single value'],
    ['outside of a list',           set('list.7', 1),        'list.7 is no place in a list of 2'],
  ])('refuses %s', async (_what, edit, message) => {
    await expect(editYaml(FILE, edit)).rejects.toThrow(message);
  });
});

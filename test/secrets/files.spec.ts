import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { chownSync, mkdirSync, renameSync, symlinkSync, truncateSync, unlinkSync } from 'node:fs';
import { TokenSettings } from '../../src/auth/strategies/token.strategy.js';
import { readOwnedFile } from '../../src/secrets/resolvers/owned-file.js';
import { given } from '../helpers/given.js';
import { CANARY, tokenFrom, Vault } from './vault.js';

const isRoot = process.getuid?.() === 0;

let vault: Vault;
beforeEach(() => {
  vault = new Vault();
});
afterEach(() => vault.remove());

const json = (id: string, more: object = {}): object =>
  tokenFrom(
    { source: 'file', provider: 'f', id },
    { providers: { f: { source: 'file', path: vault.path('secrets.json'), ...more } } },
  );

const single = (more: object = {}): object =>
  tokenFrom(
    { source: 'file', provider: 'f', id: 'value' },
    { providers: { f: { source: 'file', path: vault.path('secret'), mode: 'singleValue', ...more } } },
  );

async function token(): Promise<string | undefined> {
  return (await vault.load()).snapshot.get(TokenSettings).token;
}

describe('a file of secrets', () => {
  it('is read once for all, without its byte order mark', async () => {
    vault.file('secrets.json', `\uFEFF${JSON.stringify({ 'a/b': { 'c~d': [CANARY] } })}`);
    vault.config(json('/a~1b/c~0d/0'));
    expect(await token()).toBe(CANARY);
  });

  // prettier-ignore
  it.each([
    [`${CANARY}\n`,     CANARY],
    [`${CANARY}\r\n`,   CANARY],
    [`${CANARY}\n\n`,   `${CANARY}\n`],
    [`\uFEFF${CANARY}`, CANARY],
  ])('of one value: %j is %j', async (content, value) => {
    vault.file('secret', content);
    vault.config(single());
    expect(await token()).toBe(value);
  });

  // prettier-ignore
  it.each([
    ['/nothing/here',     'has nothing at /nothing/here'],
    ['/object',           'what .* has at /object is no text'],
    ['/number',           'what .* has at /number is no text'],
    ['/blank',            'what .* has at /blank is empty'],
    ['/list/01',          'has nothing at /list/01'],
    ['/list/-',           'has nothing at /list/-'],
    ['/../secrets.json',  'has nothing at /../secrets.json'],
    ['/%2e%2e/x',         'has nothing at /%2e%2e/x'],
    ['/a/~1~1etc',        'has nothing at /a/~1~1etc'],
    ['/__proto__/x',      'has nothing at /__proto__/x'],
    ['/constructor/name', 'has nothing at /constructor/name'],
  ])('S154: %s leads nowhere else', async (id, sentence) => {
    vault.file('secrets.json', { object: {}, number: 5, blank: ' ', list: ['x'], a: {} });
    vault.config(json(id));
    expect(await vault.refusal()).toEqual([expect.stringMatching(new RegExp(`^gateway\\.auth\\.token: cannot be had from file provider "f".*${sentence}`))]);
  });

  // prettier-ignore
  it.each([
    ['no JSON',         `{ "key": "${CANARY}`,         'is not valid JSON'],
    ['a list',          `["${CANARY}"]`,               'holds no JSON object'],
    ['no text at all',  Buffer.from([0xff, 0xfe, 1]).toString('latin1'), 'is not valid JSON'],
    ['nothing',         '',                            'is not valid JSON'],
  ])('that holds %s is refused without a word of it', async (_, content, sentence) => {
    vault.file('secrets.json', content);
    vault.config(json('/key'));
    const lines = await vault.refusal();
    expect(lines).toEqual([expect.stringContaining(sentence)]);
    expect(lines.join()).not.toContain('canary');
  });

  it('that is empty is no secret', async () => {
    vault.file('secret', '\n');
    vault.config(single());
    expect(await vault.refusal()).toEqual([expect.stringContaining('is empty')]);
  });
});

describe('a file that is not its owner’s alone', () => {
  it.each([0o644, 0o640, 0o604, 0o620, 0o660, 0o602])(
    'mode %o is refused, with the command that puts it right',
    async (mode) => {
      vault.file('secrets.json', { key: CANARY }, mode);
      vault.config(json('/key'));
      const path = vault.path('secrets.json');
      expect(await vault.refusal()).toEqual([
        expect.stringContaining(
          `${path} can be read or changed by others (mode 0${mode.toString(8)}); run: chmod 600 '${path}'`,
        ),
      ]);

      vault.config(json('/key', { allowInsecurePath: true }));
      expect(await token()).toBe(CANARY);
    },
  );

  given(isRoot, 'as root', () => {
    it('another owner is refused', async () => {
      chownSync(vault.file('secrets.json', { key: CANARY }), 12_345, 12_345);
      vault.config(json('/key'));
      expect(await vault.refusal()).toEqual([expect.stringContaining('belongs to another user')]);
    });
  });
});

describe('what is no ordinary file', () => {
  // prettier-ignore
  it.each([
    ['a link',       () => symlinkSync(vault.file('real.json', { key: CANARY }), vault.path('secrets.json')), 'is a symbolic link'],
    ['a directory',  () => mkdirSync(vault.path('secrets.json'), 0o700),                                       'is no ordinary file'],
    ['a pipe',       () => execFileSync('mkfifo', ['-m', '600', vault.path('secrets.json')]),                   'is no ordinary file'],
    ['nothing',      () => undefined,                                                                           'cannot be read: it does not exist'],
  ])('%s is refused at once, also where rights do not matter', async (_, make, sentence) => {
    make();
    for (const allowInsecurePath of [false, true]) {
      vault.config(json('/key', { allowInsecurePath }));
      expect(await vault.refusal()).toEqual([expect.stringContaining(sentence)]);
    }
  });

  it('a device is refused', async () => {
    vault.config(
      tokenFrom(
        { source: 'file', provider: 'f', id: 'value' },
        { providers: { f: { source: 'file', path: '/dev/zero', mode: 'singleValue', allowInsecurePath: true } } },
      ),
    );
    expect(await vault.refusal()).toEqual([expect.stringContaining('/dev/zero is no ordinary file')]);
  });

  it('50 MB are refused unread, and a limit is a limit', async () => {
    truncateSync(vault.file('secret', ''), 50 * 1024 * 1024);
    vault.config(single());
    expect(await vault.refusal()).toEqual([expect.stringContaining('is larger than 1048576 bytes')]);

    vault.file('secret', 'x'.repeat(41));
    vault.config(single({ maxBytes: 40 }));
    expect(await vault.refusal()).toEqual([expect.stringContaining('is larger than 40 bytes')]);
  });
});

describe('a file that is exchanged between look and read', () => {
  const LIMITS = { maxBytes: 1000, allowInsecurePath: false };

  it('is never another one that a link leads to, however often it is tried', async () => {
    const other = vault.file('other', CANARY);
    const path = vault.path('secret');
    const seen = new Set<string>();
    const over = new AbortController();
    const attack = async (): Promise<void> => {
      while (!over.signal.aborted) {
        vault.file('fresh', 'good');
        renameSync(vault.path('fresh'), path);
        await pause(Math.random() * 3);
        unlinkSync(path);
        symlinkSync(other, path);
        await pause(Math.random() * 3);
      }
    };
    const attacking = attack();
    for (let i = 0; i < 300 || (i < 5000 && seen.size < 3); i += 1) {
      seen.add(
        await readOwnedFile(path, LIMITS).then(
          (bytes) => bytes.toString(),
          (error: Error) => error.message.replace(path, ''),
        ),
      );
    }
    over.abort();
    await attacking;

    expect([...seen].filter((what) => what.includes('canary'))).toEqual([]);
    expect(seen).toContain('good');
    expect(seen).toContain(' is a symbolic link');
  });
});

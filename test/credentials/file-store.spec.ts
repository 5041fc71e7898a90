import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { BrokenStore } from '../../src/credentials/profile-store.js';
import { FileProfileStore } from '../../src/credentials/stores/file.profile-store.js';
import { newStateDir } from '../helpers/embedded.js';

const ROOT = join(__dirname, '../..');

const running = new Set<ChildProcess>();

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** A process that writes; `seen` is the last sum that it was promised. */
function writer(stateDir: string, name: string, times: number): { child: ChildProcess; seen: () => number } {
  const args = ['--import', './test/helpers/typescript.mjs', 'test/credentials/store-writer.ts', stateDir, name];
  const child = spawn(process.execPath, [...args, String(times)], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  return { child, seen: () => Number(/(\d+)\n[^\n]*$/.exec(text)?.[1] ?? 0) };
}

const fileOf = (stateDir: string): string => join(stateDir, 'agents', 'main', 'agent', 'auth-profiles.json');
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const sumOf = (stateDir: string): number => Number(new FileProfileStore(stateDir).read('main')['sum'] ?? 0);

describe('one file and many processes', () => {
  it('eight of them, a hundred changes each, lose nothing', async () => {
    const stateDir = newStateDir();
    const all = Array.from({ length: 8 }, (_, index) => writer(stateDir, `w${index}`, 100));
    const codes = await Promise.all(all.map(async ({ child }) => (await once(child, 'exit'))[0] as number));

    expect(codes).toEqual(Array.from({ length: 8 }, () => 0));
    expect(sumOf(stateDir)).toBe(800);
    expect(Object.keys(new FileProfileStore(stateDir).read('main').profiles)).toHaveLength(800);
    expect(readdirSync(dirname(fileOf(stateDir)))).toEqual(['auth-profiles.json']);
  }, 120_000);

  it('S173: one that is killed at any moment leaves a whole file, with all that was acknowledged', async () => {
    const stateDir = newStateDir();
    const lock = `${fileOf(stateDir)}.lock`;
    for (let round = 0; round < 12; round += 1) {
      const { child, seen } = writer(stateDir, `k${round}`, 1e6);
      await once(child.stdout!, 'data');
      const before = sumOf(stateDir);
      while (seen() <= before) await once(child.stdout!, 'data');
      // Each time a little later within the few milliseconds that a change takes.
      const end = performance.now() + round * 0.7;
      while (performance.now() < end);
      child.kill('SIGKILL');
      await once(child, 'exit');

      const stored = JSON.parse(readFileSync(fileOf(stateDir), 'utf8')) as { sum: number; profiles: object };
      expect(stored.sum).toBeGreaterThanOrEqual(seen());
      expect(stored.sum).toBeLessThanOrEqual(seen() + 1);
      expect(modeOf(fileOf(stateDir))).toBe('600');
      expect(modeOf(dirname(fileOf(stateDir)))).toBe('700');
      rmSync(lock, { recursive: true, force: true }); // what the next test is about
    }
    await new FileProfileStore(stateDir).update('main', (stored) => ({ ...stored, sum: 0 }));
    expect(readdirSync(dirname(fileOf(stateDir)))).toEqual(['auth-profiles.json']); // halves are swept away
  }, 120_000);

  it('a lock that a dead process has left is taken over, also by several at once', async () => {
    const stateDir = newStateDir();
    const lock = `${fileOf(stateDir)}.lock`;
    mkdirSync(lock, { recursive: true });
    const long = new Date(Date.now() - 31_000);
    utimesSync(lock, long, long);
    const stores = Array.from({ length: 6 }, () => new FileProfileStore(stateDir));

    await Promise.all(
      stores.map((store) => store.update('main', (stored) => ({ ...stored, sum: Number(stored['sum'] ?? 0) + 1 }))),
    );
    expect(sumOf(stateDir)).toBe(6);
  });

  it('a lock that somebody alive holds is waited for', async () => {
    const stateDir = newStateDir();
    const lock = `${fileOf(stateDir)}.lock`;
    mkdirSync(lock, { recursive: true });
    const change = new FileProfileStore(stateDir).update('main', (stored) => ({ ...stored, sum: 1 }));
    let isDone = false;
    void change.then(() => (isDone = true));
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);

    expect(isDone).toBe(false);
    rmSync(lock, { recursive: true });
    await change;
    expect(sumOf(stateDir)).toBe(1);
  });
});

describe('what is there already', () => {
  const write = (stateDir: string, path: string, content: unknown): string => {
    const file = join(stateDir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  const OWN = 'agents/main/agent/auth-profiles.json';
  const OLD = 'agent/auth-profiles.json';
  const LOGINS = 'credentials/oauth.json';
  const store = (profiles: object): object => ({ version: 1, profiles });
  const key = (value: string): object => ({ type: 'api_key', provider: 'openai', key: value });
  const login = { access: 'a', refresh: 'r', expires: 1_900_000_000_000, enterpriseUrl: 'https://e.example' };

  it('entries that nobody can use stand aside, and are written back', async () => {
    const stateDir = newStateDir();
    const strange = { 'a:null': null, 'a:text': 'sk-x', 'a:nothing': {}, 'openai:good': key('k') };
    const file = write(stateDir, OWN, { ...store(strange), order: { openai: 'openai:good', anthropic: ['x'] } });
    const files = new FileProfileStore(stateDir);

    expect(Object.keys(files.read('main').profiles)).toEqual(['openai:good']);
    expect(files.read('main').order).toEqual({ anthropic: ['x'] });
    await files.update('main', (stored) => ({ ...stored, lastGood: { openai: 'openai:good' } }));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      ...store(strange),
      order: { openai: 'openai:good', anthropic: ['x'] },
      lastGood: { openai: 'openai:good' },
    });
  });

  it('a file that another program rewrites is read again', async () => {
    const stateDir = newStateDir();
    write(stateDir, OWN, store({ 'openai:default': key('1') }));
    const files = new FileProfileStore(stateDir);
    expect(files.read('main').profiles['openai:default']).toMatchObject({ key: '1' });
    write(stateDir, OWN, store({ 'openai:default': key('2') }));

    await turn();
    expect(files.read('main').profiles['openai:default']).toMatchObject({ key: '2' });
    rmSync(join(stateDir, OWN));
    await turn();
    expect(files.read('main').profiles).toEqual({});
  });

  it.each([
    ['cut short', '{"version":1,"profiles":{"openai:default":{"key":"sk-canary'],
    ['empty', ''],
    ['a list', '[]'],
    ['of another shape', '{"version":"1","profiles":{}}'],
    ['without an object of profiles', '{"version":1,"profiles":["sk-canary"]}'],
  ])('a file that is %s is refused, and stays as it is', async (_, content) => {
    const stateDir = newStateDir();
    const file = write(stateDir, OWN, content);
    const files = new FileProfileStore(stateDir);

    expect(() => files.read('main')).toThrow(BrokenStore);
    expect(() => files.read('main')).toThrow(/^(?!.*canary).*mend it, or move it away/);
    await expect(files.update('main', (stored) => ({ ...stored, profiles: {} }))).rejects.toThrow(BrokenStore);
    expect(readFileSync(file, 'utf8')).toBe(content);
  });

  it('a file with a byte order mark is read', () => {
    const stateDir = newStateDir();
    write(stateDir, OWN, `\uFEFF${JSON.stringify(store({ 'openai:default': key('1') }))}`);
    expect(Object.keys(new FileProfileStore(stateDir).read('main').profiles)).toEqual(['openai:default']);
  });

  it('what older versions have left is read, for the main agent alone, and moves with the first change', async () => {
    const stateDir = newStateDir();
    const old = write(stateDir, OLD, { ...store({ 'openai:default': key('old') }), kept: [1] });
    const logins = write(stateDir, LOGINS, { 'openai-codex': login, openai: login, junk: 1, half: { expires: 1 } });
    const files = new FileProfileStore(stateDir);

    expect(files.read('work').profiles).toEqual({});
    expect(files.read('main').profiles).toEqual({
      'openai:default': key('old'),
      'openai-codex:default': { type: 'oauth', provider: 'openai-codex', ...login },
    });
    const before = [readFileSync(old, 'utf8'), readFileSync(logins, 'utf8')];
    await files.update('main', (stored) => ({ ...stored, order: { openai: ['openai:default'] } }));
    expect(JSON.parse(readFileSync(join(stateDir, OWN), 'utf8'))).toMatchObject({ kept: [1], order: {} });
    expect([readFileSync(old, 'utf8'), readFileSync(logins, 'utf8')]).toEqual(before);

    write(stateDir, OLD, store({ 'openai:default': key('older') }));
    expect(files.read('main').profiles['openai:default']).toEqual(key('old'));
  });

  it('logins that are no JSON are refused', () => {
    const stateDir = newStateDir();
    write(stateDir, LOGINS, '{"openai-codex": {"access": "canary');
    expect(() => new FileProfileStore(stateDir).read('main')).toThrow(/^(?!.*canary).*oauth\.json cannot be read/);
  });

  it('the folder that the configuration names for an agent is used', async () => {
    const stateDir = newStateDir();
    const elsewhere = newStateDir();
    const files = new FileProfileStore(stateDir, new Map([['work', elsewhere]]));
    await files.update('work', (stored) => ({ ...stored, sum: 1 }));

    expect(files.describe('work')).toBe(join(elsewhere, 'auth-profiles.json'));
    expect(JSON.parse(readFileSync(files.describe('work'), 'utf8'))).toMatchObject({ sum: 1 });
  });
});

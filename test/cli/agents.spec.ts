import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import JSON5 from 'json5';
import type { World } from '../../src/cli/command.js';
import { apiKey, keyRef, stock } from '../credentials/stocked.js';
import { cli, type Outcome } from './in-process.js';
import { WHOLE_CONFIG } from './whole-config.js';

const KEY = 'sk-a-key-that-nobody-may-see';
const TOKEN = { type: 'token', provider: 'anthropic', token: 'sk-ant-t' };
const LOGIN = { type: 'oauth', provider: 'openai-codex', access: 'a', refresh: 'r', expires: 4e12 };

let home: string;
let stateDir: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'doorward-agents-'));
  stateDir = join(home, '.doorward');
  mkdirSync(stateDir, { mode: 0o700 });
});
afterEach(() => rmSync(home, { recursive: true }));

function run(line: string, world: Partial<World> = {}): Promise<Outcome> {
  return cli(line, {
    environment: { HOME: home },
    ...WHOLE_CONFIG,
    ...world,
  });
}

const configPath = (): string => join(stateDir, 'doorward.json5');
const configure = (text: string): void => writeFileSync(configPath(), text);
const list = (): unknown => JSON5.parse<{ agents: { list: unknown } }>(readFileSync(configPath(), 'utf8')).agents.list;
const storePath = (agent: string): string => join(stateDir, 'agents', agent, 'agent', 'auth-profiles.json');
const profiles = (agent: string): unknown =>
  (JSON.parse(readFileSync(storePath(agent), 'utf8')) as { profiles: unknown }).profiles;

describe('agents add', () => {
  it('keeps main beside the first one, and makes a folder of its own', async () => {
    expect(await run('agents add Work --name Ana --model anthropic/claude')).toMatchObject({
      code: 0,
      stdout: 'Added agent "work".\n',
    });
    expect(list()).toEqual([
      { id: 'main', default: true },
      { id: 'work', name: 'Ana', model: 'anthropic/claude' },
    ]);
    expect(statSync(join(stateDir, 'agents', 'work', 'agent')).mode & 0o777).toBe(0o700);
    expect(existsSync(storePath('work'))).toBe(false);
  });

  it('keeps what a person wrote about the others', async () => {
    configure(`{\n  agents: {\n    list: [\n      { id: 'main' }, // ours\n    ],\n  },\n}\n`);
    await run('agents add work');

    const written = readFileSync(configPath(), 'utf8');
    expect(written).toContain(`      { id: 'main' }, // ours\n`);
    expect(list()).toEqual([{ id: 'main' }, { id: 'work' }]);
  });

  it('keeps both of two that are added at once', async () => {
    const ids = ['work', 'home', 'lab'];
    const outcomes = await Promise.all(ids.map((id) => run(`agents add ${id}`)));

    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    const written = list() as { id: string }[];
    expect(written.map(({ id }) => id).toSorted()).toEqual(['home', 'lab', 'main', 'work']);
  });

  it('adds one agent once, however often at once', async () => {
    const outcomes = await Promise.all([run('agents add work'), run('agents add work')]);

    expect(outcomes.map(({ code }) => code).toSorted()).toEqual([0, 1]);
    expect(list()).toEqual([{ id: 'main', default: true }, { id: 'work' }]);
  });

  it('leaves a list alone that is in an included file', async () => {
    writeFileSync(join(stateDir, 'agents.json5'), `{ list: [{ id: 'main' }] }`);
    configure(`{ agents: { $include: './agents.json5' } }`);
    const before = readFileSync(configPath(), 'utf8');

    expect(await run('agents add work')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('file that it includes'),
    });
    expect(readFileSync(configPath(), 'utf8')).toBe(before);
  });

  it('copies keys and tokens when asked to, and never a login', async () => {
    const stored = {
      'openai:a': apiKey('openai', KEY),
      'groq:a': keyRef('groq', 'X'),
      'anthropic:a': TOKEN,
      'openai-codex:a': LOGIN,
    };
    stock(stateDir, 'main', stored, {
      usageStats: { 'openai:a': { cooldownUntil: 4e12 } },
      order: { openai: ['openai:a'] },
    });
    const { stdout, stderr } = await run('agents add work --copy-auth');
    const { 'openai-codex:a': _login, ...copied } = stored;

    expect(stdout).toContain('Copied from "main": openai:a, groq:a, anthropic:a.');
    expect(stderr).toContain('not copied');
    expect(stderr).toContain('openai-codex:a');
    expect(stdout + stderr).not.toContain(KEY);
    expect(JSON.parse(readFileSync(storePath('work'), 'utf8'))).toEqual({ version: 1, profiles: copied });
    expect(statSync(storePath('work')).mode & 0o777).toBe(0o600);
    expect(profiles('main')).toEqual(stored);
  });

  // prettier-ignore
  it.each([
    ['add main',        1, 'agent "main" is there already'],
    ['add ../../x',     2, 'the agent id must be 1 to 64 letters'],
    ['add work --model', 2, "argument missing"],
  ])('%s: %i, and nothing is written', async (words, code, message) => {
    expect(await run(`agents ${words}`)).toMatchObject({ code, stderr: expect.stringContaining(message) });
    expect(readdirSync(stateDir)).toEqual([]);
  });
});

describe('agents are apart from each other', () => {
  it('what one is given the other does not have; what it lacks it has from main', async () => {
    configure(`{ agents: { list: [{ id: 'main' }, { id: 'work' }, { id: 'home' }] } }`);
    stock(stateDir, 'main', { 'openai:a': apiKey('openai', KEY) });
    await run('models auth add --provider groq --stdin --agent work', { stdin: Readable.from([KEY]) });
    const labels = async (agent: string): Promise<string[]> => {
      const { auth } = JSON.parse((await run(`models status --json --agent ${agent}`)).stdout) as {
        auth: { providers: { profiles: { labels: string[] } }[] };
      };
      return auth.providers.flatMap((provider) => provider.profiles.labels);
    };

    expect([await labels('main'), await labels('work'), await labels('home')]).toEqual([
      ['openai:a'],
      ['groq:default', 'openai:a'],
      ['openai:a'],
    ]);
    expect(profiles('work')).toEqual({ 'groq:default': apiKey('groq', KEY) });
    expect(existsSync(storePath('home'))).toBe(false);
  });

  it('agents list says what each has of its own', async () => {
    configure(
      `{ agents: { defaults: { model: 'openai/gpt-5' }, list: [{ id: 'main' }, { id: 'work', default: true, name: 'Ana' }] } }`,
    );
    stock(stateDir, 'main', { 'openai:a': apiKey('openai', KEY) });
    stock(stateDir, 'work', { 'groq:a': apiKey('groq', KEY) });

    expect(JSON.parse((await run('agents list --json')).stdout).agents).toMatchObject([
      { id: 'main', default: false, model: 'openai/gpt-5', profiles: ['openai:a'], inherited: [] },
      { id: 'work', default: true, name: 'Ana', profiles: ['groq:a'], inherited: ['openai:a'] },
    ]);
    expect((await run('agents list')).stdout).toMatch(/^work +yes +Ana +openai\/gpt-5 +1 own, 1 inherited$/m);
  });
});

describe('agents remove', () => {
  beforeEach(() => {
    configure(`{ agents: { list: [\n  { id: 'main' }, // ours\n  { id: 'work' },\n] } }`);
    stock(stateDir, 'work', { 'groq:a': apiKey('groq', KEY) });
  });

  it('sets aside what it had', async () => {
    const { code, stdout } = await run('agents remove work --json');
    const { backup } = JSON.parse(stdout) as { backup: string };

    expect(code).toBe(0);
    expect(list()).toEqual([{ id: 'main' }]);
    expect(readFileSync(configPath(), 'utf8')).toContain('// ours');
    expect(existsSync(join(stateDir, 'agents', 'work'))).toBe(false);
    expect(readFileSync(join(backup, 'agent', 'auth-profiles.json'), 'utf8')).toContain(KEY);
    expect(statSync(join(stateDir, 'backups')).mode & 0o777).toBe(0o700);
  });

  it('takes those away that were named, however many at once', async () => {
    configure(`{ agents: { list: [{ id: 'main' }, { id: 'work' }, { id: 'home' }, { id: 'lab' }] } }`);
    const outcomes = await Promise.all(['work', 'home'].map((id) => run(`agents remove ${id} --yes`)));

    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    expect(list()).toEqual([{ id: 'main' }, { id: 'lab' }]);
  });

  it.each([
    ['no', 1, true],
    ['yes', 0, false],
  ])('asks a person: %s', async (answer, code, stays) => {
    const stdin = Object.assign(Readable.from([`${answer}\n`]), { isTTY: true });
    const outcome = await run('agents remove work', { stdin });

    expect([outcome.code, existsSync(storePath('work'))]).toEqual([code, stays]);
    expect(outcome.stderr).toContain('Remove agent "work"?');
  });

  it.each([
    ['main', '"main" stays: the other agents inherit its credentials'],
    ['nobody', 'no such agent: nobody'],
  ])('not %s', async (agent, message) => {
    const before = readFileSync(configPath(), 'utf8');

    expect(await run(`agents remove ${agent} --yes`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message),
    });
    expect(readFileSync(configPath(), 'utf8')).toBe(before);
  });
});

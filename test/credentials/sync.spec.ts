import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chooseMethod } from '../../src/credentials/methods/choose-method.js';
import { OAuthClient } from '../../src/credentials/oauth/oauth-client.js';
import { oauthProvidersOf } from '../../src/credentials/oauth/oauth-provider.js';
import { HttpClient } from '../../src/credentials/http.js';
import type { OAuthProfile, Profile } from '../../src/credentials/profile.js';
import { RefreshService } from '../../src/credentials/refresh/refresh.service.js';
import { profileHealth } from '../../src/credentials/status/profile-health.js';
import { FileProfileStore } from '../../src/credentials/stores/file.profile-store.js';
import { claudeCode } from '../../src/credentials/sync/claude-code.js';
import type { KeychainItem } from '../../src/credentials/sync/cli-login.js';
import { CliLogins, cliPlaces } from '../../src/credentials/sync/cli-logins.js';
import { CliSync } from '../../src/credentials/sync/cli-sync.js';
import { codex } from '../../src/credentials/sync/codex.js';
import { SILENT_LOG } from '../../src/kernel/log.js';
import { TestClock } from '../helpers/clock.js';
import { newStateDir } from '../helpers/embedded.js';
import { loginGround, Person } from './ground.js';
import { codexToken, jwt, tokens, TokenStand } from './token-stand.js';

const CLAUDE = 'anthropic:claude-cli';
const CODEX = 'openai-codex:codex-cli';
const HOUR = 3_600_000;

let clock: TestClock;
let home: string;
let store: FileProfileStore;
let sync: CliSync;

beforeEach(() => {
  clock = new TestClock();
  home = newStateDir();
  store = new FileProfileStore(newStateDir());
  sync = new CliSync(store, new CliLogins(cliPlaces({}, home), clock), clock);
});

let writes = 0;

/** Writes a program's file, each time at another moment. */
function write(path: string, content: unknown): string {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  writes += 1;
  utimesSync(file, new Date(clock.now() / 1), new Date(clock.now() + writes));
  return file;
}

const claude = (fields: object): string => write('.claude/.credentials.json', { claudeAiOauth: fields });
const codexFile = (fields: object): string => write('.codex/auth.json', { tokens: fields });
const stored = (id: string): Profile | undefined => store.read('main').profiles[id];
const put = (id: string, profile: Profile): Promise<unknown> =>
  store.update('main', (before) => ({ ...before, profiles: { ...before.profiles, [id]: profile } }));

/** In ms since the epoch, from now on. */
const inTime = (ms: number): number => clock.now() + ms;

describe('the login of Claude Code', () => {
  it.each<[string, object, Profile]>([
    [
      'with a refresh token is a login',
      { accessToken: 'a', refreshToken: 'r', expiresAt: 5e12, subscriptionType: 'max' },
      { type: 'oauth', provider: 'anthropic', access: 'a', refresh: 'r', expires: 5e12 },
    ],
    [
      'without one is a token',
      { accessToken: 'a', expiresAt: 5e12 },
      { type: 'token', provider: 'anthropic', token: 'a', expires: 5e12 },
    ],
    [
      'without an end has none',
      { accessToken: 'a', expiresAt: null },
      { type: 'token', provider: 'anthropic', token: 'a' },
    ],
  ])('%s', async (_what, fields, profile) => {
    claude(fields);
    expect(await sync.sync('main')).toEqual([CLAUDE]);
    expect(stored(CLAUDE)).toEqual(profile);
  });
});

describe('the login of Codex', () => {
  it('ends when its access token says so, and tells whose it is', async () => {
    const access = codexToken('acc', { exp: 2_000_000_000 });
    codexFile({ access_token: access, refresh_token: 'r', id_token: jwt({ email: 'me@example.com' }) });
    expect(await sync.sync('main')).toEqual([CODEX]);
    expect(stored(CODEX)).toEqual({
      type: 'oauth',
      provider: 'openai-codex',
      access,
      refresh: 'r',
      expires: 2_000_000_000_000,
      accountId: 'acc',
      email: 'me@example.com',
    });
  });

  it.each<[string, object, () => number]>([
    ['its last refresh', { last_refresh: '2026-03-01T00:00:00Z' }, () => Date.UTC(2026, 2, 1, 1)],
    ['when it was written', {}, () => statSync(join(home, '.codex/auth.json')).mtimeMs + HOUR],
  ])('ends an hour after %s where the access token says nothing', async (_what, fields, end) => {
    write('.codex/auth.json', { tokens: { access_token: 'a', refresh_token: 'r', account_id: 'acc' }, ...fields });
    await sync.sync('main');
    expect(stored(CODEX)).toMatchObject({ expires: end(), accountId: 'acc' });
  });

  it.each<[string, unknown]>([
    [
      'with an API key is none',
      { auth_mode: 'apikey', OPENAI_API_KEY: 'sk', tokens: { access_token: 'a', refresh_token: 'r' } },
    ],
    ['without a refresh token is none', { tokens: { access_token: 'a' } }],
    ['that is half written is none', '{"tokens":{"access_token":"a","refr'],
    ['that is something else is none', [1]],
    ['that is larger than any is none', { tokens: { access_token: 'x'.repeat(2_000_000), refresh_token: 'r' } }],
  ])('%s', async (_what, content) => {
    write('.codex/auth.json', content);
    expect(await sync.sync('main')).toEqual([]);
    expect(stored(CODEX)).toBeUndefined();
  });

  it('is where CODEX_HOME says', async () => {
    write('elsewhere/auth.json', { tokens: { access_token: 'a', refresh_token: 'r' } });
    const places = cliPlaces({ CODEX_HOME: '~/elsewhere', CLAUDE_CONFIG_DIR: '' }, home);
    const other = new CliSync(store, new CliLogins(places, clock), clock);
    expect(await other.sync('main')).toEqual([CODEX]);
  });
});

describe('what takes the place of what', () => {
  const oauth = (access: string, expires: number, more: object = {}): Profile => ({
    type: 'oauth',
    provider: 'anthropic',
    access,
    refresh: `r-${access}`,
    expires,
    ...more,
  });
  const token = (text: string, expires?: number): Profile => ({
    type: 'token',
    provider: 'anthropic',
    token: text,
    ...(expires !== undefined && { expires }),
  });

  it.each<[string, Profile | undefined, 'login' | 'token', number, boolean]>([
    ['nothing, by a login', undefined, 'login', 1, true],
    [
      'a profile of another provider',
      { type: 'oauth', provider: 'x', access: 'y', refresh: 'z', expires: 9e12 },
      'login',
      1,
      true,
    ],
    ['a key that somebody put there', { type: 'api_key', provider: 'anthropic', key: 'k' }, 'login', 1, true],
    ['a token, by a login', token('t', 9e12), 'login', 1, true],
    ['a login, by a token', oauth('a', 1), 'token', 9, false],
    ['a login that is over, by a newer one', oauth('a', 1), 'login', 5, true],
    ['a login that is over, by one that was over before', oauth('a', 1), 'login', 0, false],
    ['a login that ends soon, by one that ends later', oauth('a', 5 * 60_000), 'login', 60 * 60_000, true],
    ['a login that is good for long, by one that ends later', oauth('a', 30 * 60_000), 'login', 60 * 60_000, false],
    ['a token, by one that ends later', token('t', 1), 'token', 5, true],
    ['a token, by one that ends sooner', token('t', 9), 'token', 5, false],
  ])('%s', async (_what, before, kind, end, isReplaced) => {
    const base = clock.now();
    const moved = before && 'expires' in before && Number(before.expires) < 9e12 && before.provider === 'anthropic';
    const existing = moved ? ({ ...before, expires: base + Number(before.expires) } as Profile) : before;
    if (existing) await put(CLAUDE, existing);
    claude({ accessToken: 'new', ...(kind === 'login' && { refreshToken: 'r-new' }), expiresAt: base + end });

    expect(await sync.sync('main')).toEqual(isReplaced ? [CLAUDE] : []);
    const now = stored(CLAUDE)!;
    expect(now.type === 'oauth' ? now['access'] === 'new' : now['token'] === 'new').toBe(isReplaced);
    expect(isReplaced ? undefined : now).toEqual(isReplaced ? undefined : existing);
  });

  it('a login that was refused, by any other; and the refusal goes with it', async () => {
    await put(CLAUDE, oauth('a', inTime(HOUR)));
    await store.update('main', (before) => ({
      ...before,
      usageStats: { [CLAUDE]: { lastUsed: 3, refreshRefused: { at: 1, token: 'r-a'.slice(-4), reason: 'no' } } },
    }));
    claude({ accessToken: 'new', refreshToken: 'r-new', expiresAt: inTime(60_000) });
    expect(await sync.sync('main')).toEqual([CLAUDE]);
    expect(store.read('main').usageStats).toEqual({ [CLAUDE]: { lastUsed: 3 } });
  });
});

describe('reading and writing', () => {
  it('the same again writes nothing', async () => {
    claude({ accessToken: 'a', refreshToken: 'r', expiresAt: inTime(60_000) });
    expect(await sync.sync('main')).toEqual([CLAUDE]);
    const before = statSync(store.describe('main'), { bigint: true });
    expect(await sync.sync('main')).toEqual([]);
    expect(statSync(store.describe('main'), { bigint: true }).ino).toBe(before.ino);
  });

  it('a changed file is read at once, an unchanged one after a quarter of an hour', async () => {
    let reads = 0;
    const counting = {
      ...claudeCode,
      parse: (...given: Parameters<typeof claudeCode.parse>) => (reads++, claudeCode.parse(...given)),
    };
    const logins = new CliLogins(cliPlaces({}, home), clock);
    const file = claude({ accessToken: 'a', expiresAt: 1 });
    await logins.read(counting);
    await logins.read(counting);
    expect(reads).toBe(1);
    claude({ accessToken: 'b', expiresAt: 1 });
    expect(await logins.read(counting)).toMatchObject({ token: 'b' });
    clock.advance(15 * 60_000);
    await logins.read(counting);
    expect(reads).toBe(3);
    rmSync(file);
    expect(await logins.read(counting)).toBeUndefined();
  });

  it('the files of the programs are never written', async () => {
    const files = [
      claude({ accessToken: 'a', refreshToken: 'r', expiresAt: 1 }),
      codexFile({ access_token: 'a', refresh_token: 'r' }),
    ];
    const before = files.map((file) => [readFileSync(file, 'utf8'), statSync(file, { bigint: true }).mtimeNs]);
    await sync.sync('main');
    await sync.again('main', codex);
    expect(files.map((file) => [readFileSync(file, 'utf8'), statSync(file, { bigint: true }).mtimeNs])).toEqual(before);
  });

  it('a keychain comes before the file, and is asked for the right item', async () => {
    const asked: KeychainItem[] = [];
    const keychain = (item: KeychainItem): Promise<string | undefined> => {
      asked.push(item);
      const isClaude = item.service.startsWith('Claude');
      return Promise.resolve(
        isClaude ? JSON.stringify({ claudeAiOauth: { accessToken: 'kept', expiresAt: 5e12 } }) : undefined,
      );
    };
    claude({ accessToken: 'file', expiresAt: 5e12 });
    codexFile({ access_token: 'file', refresh_token: 'r' });
    symlinkSync(join(home, '.codex'), join(home, 'link'));
    const places = cliPlaces({ CODEX_HOME: join(home, 'link') }, home);
    await new CliSync(store, new CliLogins(places, clock, keychain), clock).sync('main');

    expect(stored(CLAUDE)).toMatchObject({ token: 'kept' });
    expect(stored(CODEX)).toMatchObject({ access: 'file' });
    const digest = createHash('sha256')
      .update(realpathSync(join(home, '.codex')))
      .digest('hex');
    expect(asked).toEqual([
      { service: 'Claude Code-credentials' },
      { service: 'Codex Auth', account: `cli|${digest.slice(0, 16)}` },
    ]);
  });
});

describe('logging in with what a program has', () => {
  const login = (provider: string, profileId?: string) => {
    const ground = loginGround(new Person(), {}, home);
    return chooseMethod(provider, ground.providers, 'cli').login({ provider, profileId }, ground);
  };

  it('takes it under the name that is kept in step', async () => {
    claude({ accessToken: 'a', refreshToken: 'r', expiresAt: 5e12 });
    expect(await login('anthropic')).toMatchObject({ id: CLAUDE, profile: { type: 'oauth', access: 'a' } });
    expect((await login('anthropic', 'mine')).id).toBe('anthropic:mine');
  });

  it.each([
    ['anthropic', 'Claude Code is not signed in on this machine; run `claude` first'],
    ['openai-codex', 'Codex is not signed in on this machine; run `codex login` first'],
  ])('says what to do where there is none at %s', async (provider, sentence) => {
    await expect(login(provider)).rejects.toThrow(`No credentials found: ${sentence}`);
  });
});

describe('a login of another program that is over', () => {
  let stand: TokenStand;
  let service: RefreshService;

  beforeEach(async () => {
    stand = await TokenStand.start();
    const providers = oauthProvidersOf({ 'openai-codex': { tokenEndpoint: stand.url } });
    const client = new OAuthClient(new HttpClient(clock), clock);
    service = new RefreshService({ store, client, sync, provider: (id) => providers.get(id) }, clock, SILENT_LOG);
  });

  afterEach(() => stand.close());

  it('is read again before anybody is asked', async () => {
    codexFile({ access_token: codexToken('acc', { exp: 1 }), refresh_token: 'r1' });
    await sync.sync('main');
    const access = codexToken('acc', { exp: inTime(HOUR) / 1000 });
    codexFile({ access_token: access, refresh_token: 'r2' });
    expect((await service.fresh('main', CODEX)).access).toBe(access);
    expect(stand.asked).toEqual([]);
  });

  it('of Codex is refreshed by us where its own copy is over too, and our tokens then stay', async () => {
    const file = codexFile({ access_token: codexToken('acc', { exp: 1 }), refresh_token: 'r1' });
    const before = readFileSync(file, 'utf8');
    await sync.sync('main');
    const access = codexToken('acc', { exp: inTime(HOUR) / 1000 });
    stand.answers = [tokens(access, 'r2')];
    expect((await service.fresh('main', CODEX)).access).toBe(access);
    expect(readFileSync(file, 'utf8')).toBe(before);

    clock.advance(2 * HOUR);
    expect(await sync.sync('main')).toEqual([]);
    expect((stored(CODEX) as OAuthProfile).refresh).toBe('r2');
  });

  it('of Claude Code is renewed by that alone: it says so, once, and is good again when that has done it', async () => {
    claude({ accessToken: 'a', refreshToken: 'r1', expiresAt: inTime(-1) });
    await sync.sync('main');
    await expect(service.fresh('main', CLAUDE)).rejects.toThrow('Claude Code alone renews it: run `claude`');
    await expect(service.fresh('main', CLAUDE)).rejects.toThrow('Claude Code alone renews it');
    const { profiles, usageStats } = store.read('main');
    expect(profileHealth(profiles[CLAUDE]!, usageStats?.[CLAUDE], clock.now()).health).toBe('expired');

    // The same refresh token goes on, with another access token.
    claude({ accessToken: 'b', refreshToken: 'r1', expiresAt: inTime(HOUR) });
    expect((await service.fresh('main', CLAUDE)).access).toBe('b');
    const after = store.read('main');
    expect(profileHealth(after.profiles[CLAUDE]!, after.usageStats?.[CLAUDE], clock.now()).health).toBe('ok');
    expect(stand.asked).toEqual([]);
  });
});

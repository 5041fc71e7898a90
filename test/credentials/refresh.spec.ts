import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpClient } from '../../src/credentials/http.js';
import { storeLogin } from '../../src/credentials/methods/store-login.js';
import { OAuthClient } from '../../src/credentials/oauth/oauth-client.js';
import { oauthProvidersOf } from '../../src/credentials/oauth/oauth-provider.js';
import type { ProfileChange, ProfileStore } from '../../src/credentials/profile-store.js';
import type { OAuthProfile, StoredProfiles } from '../../src/credentials/profile.js';
import { ownHolder } from '../../src/credentials/refresh/holder.js';
import { RefreshAhead } from '../../src/credentials/refresh/refresh-ahead.js';
import type { RefreshEvent } from '../../src/credentials/refresh/refresh-event.js';
import { RefreshService } from '../../src/credentials/refresh/refresh.service.js';
import { FileProfileStore } from '../../src/credentials/stores/file.profile-store.js';
import { SILENT_LOG } from '../../src/kernel/log.js';
import { TestClock } from '../helpers/clock.js';
import { newStateDir } from '../helpers/embedded.js';
import { until } from '../helpers/until.js';
import { type Answer, codexToken, tokens, TokenStand } from './token-stand.js';

const ID = 'test:work';
const HOUR = 3_600_000;

let clock: TestClock;
let stand: TokenStand;
let store: FileProfileStore;
let http: HttpClient;
const events: RefreshEvent[] = [];
const warnings: string[] = [];

beforeEach(async () => {
  clock = new TestClock();
  stand = await TokenStand.start();
  store = new FileProfileStore(newStateDir());
  http = new HttpClient(clock);
  events.length = 0;
  warnings.length = 0;
});

afterEach(async () => {
  await http.close();
  await stand.close();
});

/** A service as another process would have it. */
function service(on: ProfileStore = store): RefreshService {
  const providers = oauthProvidersOf({
    test: { tokenEndpoint: stand.url, clientId: 'us' },
    'openai-codex': { tokenEndpoint: stand.url },
  });
  const client = new OAuthClient(http, clock);
  const log = { ...SILENT_LOG, warn: (message: string) => warnings.push(message) };
  const made = new RefreshService({ store: on, client, provider: (id) => providers.get(id) }, clock, log);
  made.onEvent((event) => events.push(event));
  return made;
}

async function given(profile: Partial<OAuthProfile> = {}, { agent = 'main', id = ID } = {}): Promise<void> {
  const login = { type: 'oauth', provider: id.split(':')[0]!, access: 'old', refresh: 'r1', ...profile } as const;
  await store.update(agent, (stored) => ({
    ...stored,
    profiles: { ...stored.profiles, [id]: { expires: clock.now() - 1, ...login } },
  }));
}

const login = (agent = 'main', id = ID): OAuthProfile => store.read(agent).profiles[id] as OAuthProfile;
const marks = (): Record<string, unknown> => ({ ...store.read('main').usageStats?.[ID] });

/** Moves the clock on until `promise` is settled: what waits does so by the clock. */
async function ticking<T>(promise: Promise<T>, ms = 25): Promise<T> {
  let isOver = false;
  const watched = promise.finally(() => (isOver = true));
  watched.catch(() => undefined);
  await until('the end of it', () => {
    clock.advance(ms);
    return isOver;
  });
  return watched;
}

describe('an expired login', () => {
  it('is refreshed once for all that ask at once, and the new refresh token is stored', async () => {
    await given({ email: 'a@example.com', projectId: 'kept' });
    stand.answers = [tokens('new', 'r2')];
    const refresh = service();
    const got = await Promise.all(Array.from({ length: 50 }, () => refresh.fresh('main', ID)));

    expect(new Set(got.map(({ access }) => access))).toEqual(new Set(['new']));
    expect(stand.asked.map((form) => Object.fromEntries(form))).toEqual([
      { grant_type: 'refresh_token', refresh_token: 'r1', client_id: 'us' },
    ]);
    expect(login()).toEqual({
      type: 'oauth',
      provider: 'test',
      access: 'new',
      refresh: 'r2',
      expires: clock.now() + HOUR,
      email: 'a@example.com',
      projectId: 'kept',
    });
    expect(marks()).toEqual({ refreshedAt: clock.now() });
    expect(events).toEqual([{ kind: 'refreshed', agent: 'main', profile: ID, provider: 'test' }]);
  });

  it('is not refreshed while it is good', async () => {
    await given({ expires: clock.now() + 1 });
    expect((await service().fresh('main', ID)).access).toBe('old');
    expect(stand.asked).toEqual([]);
  });

  it('keeps its refresh token where the provider gives no other, and an hour where it names no end', async () => {
    await given();
    stand.answers = [{ status: 200, body: { access_token: 'new', token_type: 'Bearer' } }];
    await service().fresh('main', ID);
    expect(login()).toMatchObject({ access: 'new', refresh: 'r1', expires: clock.now() + HOUR });
  });

  it('goes to the client that it was made by', async () => {
    await given({ clientId: 'them' });
    stand.answers = [tokens('new')];
    await service().fresh('main', ID);
    expect(stand.asked[0]!.get('client_id')).toBe('them');
  });

  it.each<[string, Partial<OAuthProfile>, string, RegExp]>([
    ['that is gone', {}, 'test:other', /no longer stored/],
    ['without a refresh token', { refresh: undefined }, ID, /no refresh token/],
    ['of a provider that nobody knows', { provider: 'elsewhere' }, ID, /nobody knows where logins of elsewhere/],
  ])('%s says so', async (_which, profile, id, sentence) => {
    await given(profile);
    await expect(service().fresh('main', id)).rejects.toThrow(sentence);
    expect(stand.asked).toEqual([]);
  });
});

describe('a refresh that is refused', () => {
  it.each<[string, Answer, string]>([
    ['in the words of OAuth', { status: 400, body: { error: 'invalid_grant' } }, 'invalid_grant'],
    [
      'in those of OpenAI',
      { status: 401, body: { error: { code: 'refresh_token_reused', message: 'x' } } },
      'refresh_token_reused',
    ],
    ['in no proper words', { status: 400, body: { error: 'no\u001b[2J way' } }, 'an error without a proper name'],
  ])('%s is final: shown, logged once, never tried again', async (_how, answer, reason) => {
    await given();
    stand.answers = [answer];
    const refresh = service();
    await expect(refresh.fresh('main', ID)).rejects.toThrow(`${ID} needs somebody to sign in again (${reason})`);
    await expect(refresh.fresh('main', ID)).rejects.toThrow(reason);
    clock.advance(30 * 24 * HOUR);
    await expect(service().fresh('main', ID)).rejects.toThrow(reason);

    expect(stand.asked).toHaveLength(1);
    expect(warnings).toEqual(['a login cannot be refreshed: sign in again']);
    expect(events).toEqual([{ kind: 'refused', agent: 'main', profile: ID, provider: 'test', reason }]);
    expect(marks()).toEqual({ refreshRefused: { at: expect.any(Number), token: 'r1', reason } });
    expect(login()).toMatchObject({ access: 'old', refresh: 'r1' });
  });

  it('is over with a new sign-in', async () => {
    await given();
    stand.answers = [{ status: 400, body: { error: 'invalid_grant' } }, tokens('new', 'r9')];
    const refresh = service();
    await expect(refresh.fresh('main', ID)).rejects.toThrow('invalid_grant');
    const profile = { ...login(), access: 'a', refresh: 'r8', expires: clock.now() - 1 };
    await storeLogin(store, 'main', { id: ID, profile }, clock.now());

    expect((await refresh.fresh('main', ID)).access).toBe('new');
  });
});

describe('a token endpoint that is out of order', () => {
  it.each<[string, Answer]>([
    ['answers 500', { status: 500, body: { error: 'server_error' } }],
    ['hangs up', 'hangs up'],
    ['shows the page of a proxy', { status: 403, body: '<html>blocked' }],
    ['has too much to do', { status: 429, body: { error: 'rate_limit_exceeded' } }],
    ['answers without a token', { status: 200, body: {} }],
  ])('and %s is asked again, and the login goes on', async (_what, answer) => {
    await given();
    stand.answers = [answer, answer, tokens('new', 'r2')];
    expect((await ticking(service().fresh('main', ID))).access).toBe('new');
    expect(stand.asked).toHaveLength(3);
    expect(login().refresh).toBe('r2');
  });

  it('is left alone for longer each time, however many ask', async () => {
    await given();
    stand.answers = [{ status: 502, body: 'bad gateway' }];
    const refresh = service();
    const ask = (): Promise<unknown> => ticking(refresh.fresh('main', ID));
    await expect(ask()).rejects.toThrow('answers 502');
    expect(stand.asked).toHaveLength(3);
    for (let users = 0; users < 20; users += 1) {
      await expect(refresh.fresh('main', ID)).rejects.toThrow('not tried again yet');
    }
    expect(stand.asked).toHaveLength(3);
    expect(marks()).toEqual({}); // nobody else is kept away, and nothing is held against the login

    clock.advance(1000);
    await expect(ask()).rejects.toThrow('answers 502');
    expect(stand.asked).toHaveLength(6);
    clock.advance(999);
    await expect(refresh.fresh('main', ID)).rejects.toThrow('not tried again yet');

    clock.advance(HOUR);
    stand.answers = [tokens('new', 'r2')];
    expect(((await ask()) as OAuthProfile).access).toBe('new');
  });

  it.each(['invalid_client', 'unauthorized_client', 'invalid_request'])(
    'and says %s is about us, not about the login',
    async (error) => {
      await given();
      stand.answers = [{ status: 401, body: { error } }];
      await expect(service().fresh('main', ID)).rejects.toThrow(error);
      expect(marks()).toEqual({});
      expect(stand.asked).toHaveLength(1);
    },
  );
});

describe('the lease', () => {
  const lease =
    (more: object): ProfileChange =>
    (stored) => ({
      ...stored,
      usageStats: {
        [ID]: {
          refreshing: { ...ownHolder, by: 'x', token: 'r1', at: clock.now(), until: clock.now() + 180_000, ...more },
        },
      },
    });

  it('of a process that has ended keeps nobody away', async () => {
    await given();
    await store.update('main', lease({ pid: 2 ** 22 + 1 }));
    stand.answers = [tokens('new', 'r2')];
    expect((await service().fresh('main', ID)).access).toBe('new');
  });

  it('of another machine is waited for, and runs out', async () => {
    await given();
    await store.update('main', lease({ place: 'elsewhere' }));
    stand.answers = [tokens('new', 'r2')];
    const refresh = service();
    await expect(ticking(refresh.fresh('main', ID), 5000)).rejects.toThrow(/takes too long/);
    // From now on nobody is kept waiting for it.
    await expect(refresh.fresh('main', ID)).rejects.toThrow(/takes too long/);
    expect(stand.asked).toEqual([]);

    clock.advance(180_000);
    expect((await refresh.fresh('main', ID)).access).toBe('new');
  });

  it('of another machine is given back with new tokens: then those are taken', async () => {
    await given();
    await store.update('main', lease({ place: 'elsewhere' }));
    const waiting = service().fresh('main', ID);
    await given({ access: 'theirs', refresh: 'r2', expires: clock.now() + HOUR });
    expect((await ticking(waiting)).access).toBe('theirs');
    expect(stand.asked).toEqual([]);
  });
});

describe('what is written', () => {
  it('never takes the place of a sign-in that came meanwhile', async () => {
    await given();
    stand.answers = [tokens('new', 'r2')];
    const providers = oauthProvidersOf({ test: { tokenEndpoint: stand.url, clientId: 'us' } });
    const client = new OAuthClient(http, clock);
    const onStep = async (step: string): Promise<void> => {
      if (step === 'answered') await given({ access: 'signed in', refresh: 's1', expires: clock.now() + HOUR });
    };
    const ground = { store, client, provider: (id: string) => providers.get(id), onStep };
    const refresh = new RefreshService(ground, clock, SILENT_LOG);

    expect((await refresh.fresh('main', ID)).access).toBe('signed in');
    expect(login()).toMatchObject({ access: 'signed in', refresh: 's1' });
  });

  it('and cannot be written is kept until it can, and nobody asks with the old refresh token', async () => {
    await given();
    stand.answers = [tokens('new', 'r2'), { status: 400, body: { error: 'invalid_grant' } }];
    let isFull = false;
    const full: ProfileStore = {
      read: (agent) => store.read(agent),
      describe: (agent) => store.describe(agent),
      update: (agent, change): Promise<StoredProfiles> => {
        if (isFull) return Promise.reject(new Error('ENOSPC'));
        // The lease goes in; what follows it does not.
        isFull = true;
        return store.update(agent, change);
      },
    };
    const refresh = service(full);
    await expect(refresh.fresh('main', ID)).rejects.toThrow('its new tokens cannot be stored');
    await expect(refresh.fresh('main', ID)).rejects.toThrow('its new tokens cannot be stored');
    expect(login().refresh).toBe('r1');

    full.update = (agent, change) => store.update(agent, change);
    expect((await refresh.fresh('main', ID)).access).toBe('new');
    expect(login().refresh).toBe('r2');
    expect(stand.asked).toHaveLength(1);
  });

  it('and could not be written is written by itself when that is possible again', async () => {
    await given();
    stand.answers = [tokens('new', 'r2')];
    let writes = 0;
    const flaky: ProfileStore = {
      read: (agent) => store.read(agent),
      describe: (agent) => store.describe(agent),
      update: (agent, change) => (++writes === 2 ? Promise.reject(new Error('EIO')) : store.update(agent, change)),
    };
    await expect(service(flaky).fresh('main', ID)).rejects.toThrow('cannot be stored');
    await until('the tokens in the store', () => {
      clock.advance(1000);
      return login().refresh === 'r2';
    });
    expect(marks()).not.toHaveProperty('refreshing');
  });
});

describe('another agent with a copy of the main agent’s login', () => {
  it('takes what main has, and refreshes main’s rather than its own', async () => {
    await given({ accountId: 'acc', access: 'mains', refresh: 'r5' });
    await given({ accountId: 'acc', expires: clock.now() - HOUR }, { agent: 'work' });
    stand.answers = [tokens('new', 'r6')];
    expect((await service().fresh('work', ID)).access).toBe('new');
    expect(stand.asked.map((form) => form.get('refresh_token'))).toEqual(['r5']);
    expect(login('work')).toEqual(login());
  });

  it.each<[string, Partial<OAuthProfile>]>([
    ['of another account', { accountId: 'other', expires: 0 }],
    ['that is newer', { accountId: 'acc' }],
  ])('refreshes its own %s', async (_which, own) => {
    await given({ accountId: 'acc', refresh: 'r5', expires: clock.now() - HOUR });
    await given({ refresh: 'own', ...own, expires: own.expires ?? clock.now() - 1 }, { agent: 'work' });
    stand.answers = [tokens('new', 'own2')];
    await service().fresh('work', ID);
    expect(stand.asked.map((form) => form.get('refresh_token'))).toEqual(['own']);
    expect(login().refresh).toBe('r5');
  });
});

describe('ahead of time', () => {
  const CODEX = 'openai-codex:a@example.com';

  function ahead(agents = ['main']): RefreshAhead {
    return new RefreshAhead(service(), store, () => agents, clock, SILENT_LOG);
  }

  it('a login is refreshed between 80 and 90 % of its access token’s life, once', async () => {
    await given({ access: codexToken('acc'), expires: clock.now() + HOUR, accountId: 'acc' }, { id: CODEX });
    await store.update('main', (stored) => ({ ...stored, usageStats: { [CODEX]: { refreshedAt: clock.now() } } }));
    stand.answers = [tokens(codexToken('acc', { n: 2 }), 'r2')];
    const all = [ahead(), ahead(), ahead()]; // as three gateways on one store
    const look = (): Promise<unknown> => Promise.all(all.map((one) => one.look()));

    clock.advance(0.79 * HOUR);
    await look();
    expect(stand.asked).toEqual([]);
    clock.advance(0.12 * HOUR);
    await ticking(look());
    expect(stand.asked).toHaveLength(1);
    expect(login('main', CODEX)).toMatchObject({ refresh: 'r2', expires: expect.any(Number) });
    await look();
    expect(stand.asked).toHaveLength(1);
  });

  it('of one whose beginning nobody knows, ten minutes before its end', async () => {
    await given({ expires: clock.now() + HOUR });
    stand.answers = [tokens('new', 'r2')];
    const one = ahead();
    clock.advance(49 * 60_000);
    await one.look();
    expect(stand.asked).toEqual([]);
    clock.advance(60_000);
    await one.look();
    expect(login().refresh).toBe('r2');
  });

  it('looks by itself twice a minute, and no more after its end', async () => {
    await given({ expires: clock.now() + 60_000 });
    stand.answers = [tokens('new', 'r2')];
    const one = ahead();
    one.start();
    await until('the refresh', () => {
      clock.advance(30_000);
      return login().refresh === 'r2';
    });
    one.end();
    await until('the last look', () => {
      clock.advance(30_000);
      return clock.pending === 0;
    });
  });

  it('passes over logins that were refused, that other programs renew, and stores that cannot be read', async () => {
    await given({ expires: clock.now() + 1000 }, { id: 'openai-codex:codex-cli' });
    await given({ expires: clock.now() + 1000 });
    await store.update('main', (stored) => ({
      ...stored,
      usageStats: { [ID]: { refreshRefused: { at: 1, token: 'r1', reason: 'invalid_grant' } } },
    }));
    await ahead(['../etc', 'main']).look();
    expect(stand.asked).toEqual([]);
  });
});

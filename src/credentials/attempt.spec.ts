import { Attempt, type AttemptGround } from './attempt.js';
import { CandidateIndex } from './candidate-index.js';
import type { FailureKind } from './failure-kind.js';
import type { ModelProvider } from './model-providers.js';
import type { OAuthProfile, Profile } from './profile.js';

const NOW = 1_767_960_000_000;

const PROVIDER: ModelProvider = {
  id: 'openai',
  dialect: 'openai',
  baseUrl: 'https://api.openai.com/v1',
  headers: {},
  models: [],
  isKeyless: false,
  knowsResponses: true,
  usesAws: false,
  isConfigured: true,
};

interface Given {
  readonly profiles?: Record<string, Profile>;
  readonly keys?: readonly [variable: string, value: string][];
  readonly provider?: Partial<ModelProvider>;
  readonly pin?: string;
  readonly rotations?: AttemptGround['rotations'];
  readonly secrets?: Record<string, string>;
  readonly fresh?: AttemptGround['fresh'];
  readonly secretOf?: AttemptGround['secretOf'];
}

function attempt(given: Given): { attempt: Attempt; told: unknown[] } {
  const told: unknown[] = [];
  const index = new CandidateIndex(
    { version: 1, profiles: given.profiles ?? {}, order: { openai: Object.keys(given.profiles ?? {}) } },
    { profiles: {}, order: {} },
    'openai',
    () => undefined,
    NOW,
  );
  const ground: AttemptGround = {
    agent: 'main',
    provider: { ...PROVIDER, ...given.provider },
    pin: given.pin,
    index,
    rotations: given.rotations ?? {},
    environmentKeys: () => (given.keys ?? []).map(([variable, value]) => ({ variable, value })),
    now: () => NOW,
    secretOf: given.secretOf ?? (({ id }) => given.secrets?.[id]),
    fresh: given.fresh ?? (() => Promise.reject(new Error('sign in again'))),
    tell: (id, outcome) => told.push([id, outcome]),
  };
  return { attempt: new Attempt(ground), told };
}

/** The values that are tried when every one of them fails like this. */
async function tried(given: Given, kind: FailureKind, message = ''): Promise<string[]> {
  const { attempt: attempted } = attempt(given);
  const values: string[] = [];
  for (let choice = await attempted.next(); choice && values.length < 10; choice = await attempted.next()) {
    values.push(choice.value);
    attempted.failed({ kind, message });
  }
  return values;
}

const key = (value: string): Profile => ({ type: 'api_key', provider: 'openai', key: value });
const TWO = { one: key('1'), two: key('2'), three: key('3') };
const LOST = { one: { ...key('plain'), keyRef: { source: 'env', provider: 'default', id: 'NONE' } } as Profile };
const KEYS: [string, string][] = [
  ['OPENAI_API_KEYS', 'a'],
  ['OPENAI_API_KEY', 'b'],
];

describe('which credentials are tried', () => {
  // prettier-ignore
  it.each<[string, Given, FailureKind, string, string[]]>([
    // there is                     given                                                       failure            words            tried
    ['nothing',                     {},                                                         'auth',            '',              []],
    ['profiles, keys and config',   { profiles: TWO, keys: KEYS, provider: { apiKey: 'c' } },   'auth',            '',              ['1', '2', '3']],
    ['profiles, a bad request',     { profiles: TWO },                                          'format',          '',              ['1']],
    ['profiles, no such model',     { profiles: TWO },                                          'model_not_found', '',              ['1']],
    ['profiles, one rotation',      { profiles: TWO, rotations: { rate_limit: 1 } },            'rate_limit',      '',              ['1', '2']],
    ['a pinned profile',            { profiles: TWO, pin: 'two' },                              'auth',            '',              ['2']],
    ['a pin that is gone',          { profiles: TWO, pin: 'four' },                             'auth',            '',              []],
    ['keys and config',             { keys: KEYS, provider: { apiKey: 'c' } },                  'rate_limit',      '',              ['a', 'b']],
    ['keys, words of a limit',      { keys: KEYS },                                             'overloaded',      'quota exceeded', ['a', 'b']],
    ['keys, another error',         { keys: KEYS },                                             'auth',            '',              ['a']],
    ['keys, a broken provider',     { keys: KEYS },                                             'overloaded',      '',              ['a']],
    ['a configured key',            { provider: { apiKey: 'c' } },                              'rate_limit',      '',              ['c']],
    ['a profile of no secret, a key', { profiles: LOST, keys: KEYS },                           'auth',            '',              ['a']],
    ['a provider without key',      { provider: { isKeyless: true } },                          'timeout',         '',              ['']],
  ])('%s', async (_, given, kind, message, values) => {
    await expect(tried(given, kind, message)).resolves.toEqual(values);
  });

  it('a success ends it, and is told', async () => {
    const { attempt: attempted, told } = attempt({ profiles: TWO });
    await attempted.next();
    attempted.failed({ kind: 'overloaded', message: 'busy' });
    await attempted.next();
    attempted.succeeded();

    expect(await attempted.next()).toBeUndefined();
    expect(told).toEqual([
      ['one', { kind: 'overloaded', message: 'busy' }],
      ['two', 'succeeded'],
    ]);
    expect(attempted.steps).toEqual([
      { candidate: 'profile one', outcome: 'overloaded' },
      { candidate: 'profile two', outcome: 'succeeded' },
    ]);
  });
});

describe('what a profile holds', () => {
  const login = (more: Partial<OAuthProfile>): Record<string, Profile> => ({
    login: { type: 'oauth', provider: 'openai', refresh: 'r', ...more },
    key: key('k'),
  });

  it('a reference is followed, and one that leads nowhere is passed over', async () => {
    const keyRef = { source: 'env', provider: 'default', id: 'A' };
    const profiles = { one: { ...key('plain'), keyRef } as Profile, two: key('2') };

    expect(await attempt({ profiles, secrets: { A: 'secret' } }).attempt.next()).toMatchObject({ value: 'secret' });
    expect(await attempt({ profiles }).attempt.next()).toMatchObject({ value: '2' });
  });

  it('a good login is used at once, as a bearer', () => {
    const { attempt: attempted } = attempt({ profiles: login({ access: 'a', expires: NOW + 1 }) });

    expect(attempted.next()).toMatchObject({ kind: 'bearer', value: 'a' });
  });

  it('an expired one is refreshed first', async () => {
    const fresh = (_agent: string, _id: string, profile: OAuthProfile) =>
      Promise.resolve({ ...profile, access: 'new' });
    const { attempt: attempted } = attempt({ profiles: login({ access: 'a', expires: NOW }), fresh });

    await expect(attempted.next()).resolves.toMatchObject({ kind: 'bearer', value: 'new' });
  });

  it('a reference that is new is followed first', async () => {
    const keyRef = { source: 'env', provider: 'default', id: 'NEW' };
    const profiles = { one: { ...key('plain'), keyRef } as Profile, two: key('2') };
    const late = { secretOf: () => Promise.resolve('late') };

    await expect(attempt({ profiles, ...late }).attempt.next()).resolves.toMatchObject({ value: 'late' });
    const never = { secretOf: () => Promise.resolve(undefined) };
    await expect(attempt({ profiles, ...never }).attempt.next()).resolves.toMatchObject({ value: '2' });
  });

  it('one that cannot be refreshed is passed over, and says why', async () => {
    const { attempt: attempted } = attempt({ profiles: login({ access: 'a', expires: NOW }) });

    expect(await attempted.next()).toMatchObject({ value: 'k' });
    expect(attempted.steps).toEqual([{ candidate: 'profile login', outcome: 'sign in again' }]);
  });
});

import { candidateOrder, type ProfileRules } from './candidate-order.js';
import type { Profile, ProfileUsage } from './profile.js';

const NOW = Date.UTC(2026, 0, 9);
const NO_RULES: ProfileRules = { profiles: {}, order: {} };

const PROFILES: Record<string, Profile> = {
  'anthropic:key': { type: 'api_key', provider: 'anthropic', key: 'k' },
  'anthropic:other-key': { type: 'api_key', provider: 'anthropic', key: 'o' },
  'anthropic:pasted': { type: 'token', provider: 'anthropic', token: 't' },
  'anthropic:login': { type: 'oauth', provider: 'Anthropic', access: 'a', refresh: 'r', expires: NOW + 1 },
  'openai:default': { type: 'api_key', provider: 'openai', key: 'x' },
};

function order(
  given: {
    profiles?: Record<string, Profile>;
    stored?: Record<string, string[]>;
    usage?: Record<string, ProfileUsage>;
    rules?: Partial<ProfileRules>;
    pin?: string;
    model?: string;
  } = {},
) {
  const stored = { version: 1, profiles: given.profiles ?? PROFILES, order: given.stored, usageStats: given.usage };
  return candidateOrder(
    stored,
    { ...NO_RULES, ...given.rules },
    { provider: 'anthropic', pin: given.pin, model: given.model, now: NOW },
  );
}

const ids = (given?: Parameters<typeof order>[0]): string[] => order(given).candidates.map(({ id }) => id);

describe('which profile is tried, and in which order', () => {
  it('without an order: logins, then tokens, then keys', () => {
    expect(ids()).toEqual(['anthropic:login', 'anthropic:pasted', 'anthropic:key', 'anthropic:other-key']);
  });

  it('of one kind: the one whose last use is longest ago', () => {
    expect(ids({ usage: { 'anthropic:key': { lastUsed: NOW - 1 } } }).slice(2)).toEqual([
      'anthropic:other-key',
      'anthropic:key',
    ]);
  });

  it('an agent’s stored order beats auth.order, which beats auth.profiles', () => {
    const rules: ProfileRules = {
      profiles: { 'anthropic:pasted': { provider: 'anthropic', mode: 'token' } },
      order: { anthropic: ['anthropic:key', 'anthropic:login'] },
    };

    expect(ids({ rules: { profiles: rules.profiles } })).toEqual(['anthropic:pasted']);
    expect(ids({ rules })).toEqual(['anthropic:key', 'anthropic:login']);
    expect(ids({ rules, stored: { anthropic: ['anthropic:other-key'] } })).toEqual(['anthropic:other-key']);
  });

  it('an explicit order is kept, but for what rests: last, the soonest back first', () => {
    const usage = {
      'anthropic:key': { cooldownUntil: NOW + 2 },
      'anthropic:login': { disabledUntil: NOW + 1, disabledReason: 'billing' },
    };
    const stored = { anthropic: ['anthropic:key', 'anthropic:login', 'anthropic:other-key'] };

    expect(ids({ usage, stored })).toEqual(['anthropic:other-key', 'anthropic:login', 'anthropic:key']);
  });

  it('the session’s profile goes to the front, resting or not', () => {
    const usage = { 'anthropic:pasted': { cooldownUntil: NOW + 2 } };

    expect(ids({ usage, pin: 'anthropic:pasted' })[0]).toBe('anthropic:pasted');
    expect(ids({ pin: 'openai:default' })).not.toContain('openai:default');
  });

  it('a profile that is named twice is tried once', () => {
    expect(ids({ stored: { anthropic: ['anthropic:key', 'anthropic:key'] } })).toEqual(['anthropic:key']);
  });
});

describe('what is not tried, and why', () => {
  // prettier-ignore
  it.each<[string, Profile | undefined, string]>([
    ['nothing stored',        undefined,                                                                  'missing_credential'],
    ['a blank key',           { type: 'api_key', provider: 'anthropic', key: ' ' },                       'missing_credential'],
    ['a blank token',         { type: 'token', provider: 'anthropic', token: '' },                        'missing_credential'],
    ['an empty login',        { type: 'oauth', provider: 'anthropic' },                                   'missing_credential'],
    ['an expired token',      { type: 'token', provider: 'anthropic', token: 't', expires: NOW },         'expired'],
    ['an impossible expiry',  { type: 'token', provider: 'anthropic', token: 't', expires: NaN },         'invalid_expires'],
    ['an expiry of nought',   { type: 'token', provider: 'anthropic', token: 't', expires: 0 },           'invalid_expires'],
    ['another provider’s',    { type: 'api_key', provider: 'openai', key: 'k' },                          'provider_mismatch'],
  ])('%s', (_, profile, why) => {
    const profiles: Record<string, Profile> = profile ? { one: profile } : {};

    expect(order({ profiles, stored: { anthropic: ['one'] } })).toMatchObject({
      candidates: [],
      excluded: [{ id: 'one', why }],
    });
  });

  // prettier-ignore
  it.each([
    ['anthropic:key',    'oauth',   'mode_mismatch'],
    ['anthropic:login',  'token',   'mode_mismatch'],
    ['anthropic:pasted', 'oauth',   'tried'],
    ['anthropic:pasted', 'token',   'tried'],
  ] as const)('%s where the configuration says %s: %s', (id, mode, outcome) => {
    const { candidates, excluded } = order({ rules: { profiles: { [id]: { provider: 'anthropic', mode } } } });

    expect(candidates.length > 0 ? 'tried' : excluded[0]!.why).toBe(outcome);
  });

  it('a reference in place of a value counts as a credential', () => {
    const keyRef = { source: 'env', provider: 'default', id: 'KEY' };

    expect(ids({ profiles: { one: { type: 'api_key', provider: 'anthropic', keyRef } } })).toEqual(['one']);
  });

  it('what an explicit order leaves out is named', () => {
    const { excluded } = order({ stored: { anthropic: ['anthropic:key'] } });

    expect(excluded).toContainEqual({ id: 'anthropic:login', why: 'excluded_by_auth_order' });
  });
});

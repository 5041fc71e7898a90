import type { Health } from '../../src/credentials/status/profile-health.js';
import type { Verdict } from '../../src/credentials/status/model-status.js';
import { apiKey, keyRef } from './stocked.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A store, and what must be said of it. */
export interface StatusCase {
  readonly what: string;
  readonly profiles: Readonly<Record<string, object>>;
  readonly usageStats?: Readonly<Record<string, object>>;
  /** What the agent asks first. */
  readonly model?: string;
  readonly verdict: Verdict;
  readonly exitCode: 0 | 1 | 2;
  /** Of each profile, in the order of the ids. */
  readonly health: readonly Health[];
  /** Why a profile is not used just now. */
  readonly block?: string;
}

type Row = readonly [
  what: string,
  profiles: Readonly<Record<string, object>>,
  verdict: Verdict,
  exitCode: 0 | 1 | 2,
  health: readonly Health[],
  more?: Pick<StatusCase, 'usageStats' | 'model' | 'block'>,
];

const token = (expires?: unknown, more: object = {}) => ({
  type: 'token',
  provider: 'anthropic',
  token: 'sk-ant-t',
  expires,
  ...more,
});
const login = (more: object = {}) => ({
  type: 'oauth',
  provider: 'anthropic',
  access: 'access-1',
  refresh: 'refresh-1',
  ...more,
});

/** The table of stores, as of `now` in ms since the epoch. The variable KEPT_ELSEWHERE is set, GONE is not. */
export function statusCases(now: number): StatusCase[] {
  const a = (profile: object) => ({ 'anthropic:a': profile });
  const refused = (end: string) => ({
    'anthropic:a': { refreshRefused: { at: now, token: end, reason: 'invalid_grant' } },
  });
  // prettier-ignore
  const rows: readonly Row[] = [
    ['nothing',                               {},                                                  'missing',  1, []],
    ['a key',                                 a(apiKey('anthropic', 'sk-1')),                      'ok',       0, ['static']],
    ['a key without text',                    a(apiKey('anthropic', ' ')),                         'missing',  1, ['missing']],
    ['a reference that leads to a key',       a(keyRef('anthropic', 'KEPT_ELSEWHERE')),            'ok',       0, ['static']],
    ['a reference that leads nowhere',        a(keyRef('anthropic', 'GONE')),                      'missing',  1, ['missing']],
    ['a key beside a crooked reference',      a({ ...apiKey('anthropic', 'sk-1'), keyRef: { source: 'env' } }), 'missing', 1, ['missing']],
    ['a token whose end nobody knows',        a(token()),                                          'ok',       0, ['static']],
    ['a token for a month',                   a(token(now + 30 * DAY)),                            'ok',       0, ['ok']],
    ['a token for a little more than a day',  a(token(now + DAY + HOUR)),                          'ok',       0, ['ok']],
    ['a token for a little less than a day',  a(token(now + DAY - HOUR)),                          'expiring', 2, ['expiring']],
    ['a token that has ended',                a(token(now - HOUR)),                                'expired',  1, ['expired']],
    ['a token whose end is no time',          a(token(-1)),                                        'expired',  1, ['expired']],
    ['a token whose reference leads nowhere', a(token(undefined, { token: undefined, tokenRef: { source: 'env', provider: 'default', id: 'GONE' } })), 'missing', 1, ['missing']],
    ['a login that can go on',                a(login({ expires: now + HOUR })),                   'ok',       0, ['ok']],
    ['a login that can go on, access ended',  a(login({ expires: now - HOUR })),                   'ok',       0, ['ok']],
    ['a login whose refresh was refused',     a(login({ expires: now + HOUR })),                   'expired',  1, ['expired'], { usageStats: refused('sh-1') }],
    ['a login made anew since',               a(login({ expires: now + HOUR })),                   'ok',       0, ['ok'],      { usageStats: refused('sh-0') }],
    ['a login that cannot go on',             a(login({ refresh: undefined, expires: now + HOUR })), 'expiring', 2, ['expiring']],
    ['a login that could not go on',          a(login({ refresh: undefined, expires: now - HOUR })), 'expired', 1, ['expired']],
    ['a login that holds nothing',            a({ type: 'oauth', provider: 'anthropic' }),         'missing',  1, ['missing']],
    ['a key that rests',                      a(apiKey('anthropic', 'sk-1')),                      'ok',       0, ['static'],  { block: 'cooldown rate_limit', usageStats: { 'anthropic:a': { cooldownUntil: now + HOUR, cooldownReason: 'rate_limit' } } }],
    ['a key that is disabled',                a(apiKey('anthropic', 'sk-1')),                      'ok',       0, ['static'],  { block: 'disabled billing', usageStats: { 'anthropic:a': { disabledUntil: now + HOUR, disabledReason: 'billing' } } }],
    ['a key that has rested',                 a(apiKey('anthropic', 'sk-1')),                      'ok',       0, ['static'],  { usageStats: { 'anthropic:a': { cooldownUntil: now - HOUR, cooldownReason: 'rate_limit' } } }],
    ['the worst of several counts',           { 'anthropic:a': token(now + HOUR), 'anthropic:b': token(now - HOUR), 'anthropic:c': apiKey('anthropic', 'sk-1') }, 'expired', 1, ['expiring', 'expired', 'static']],
    ['a key of another provider than is asked', a(apiKey('anthropic', 'sk-1')),                    'missing',  1, ['static'],  { model: 'mistral/large' }],
    ['a provider that needs no key',          {},                                                  'ok',       0, [],          { model: 'ollama/llama3' }],
  ];
  return rows.map(([what, profiles, verdict, exitCode, health, more = {}]) => {
    return { what, profiles, verdict, exitCode, health, ...more };
  });
}

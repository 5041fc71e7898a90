import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { Refused } from '../kernel/errors.js';
import type { Role, Scope } from '../kernel/scopes.js';
import { mayGrant, mayManage } from './grant-rules.js';

function missing(held: Scope[], role: Role, scopes: Scope[]): Scope | 'granted' {
  try {
    mayGrant({ scopes: held }, role, scopes);
    return 'granted';
  } catch (error) {
    return (error as Refused).detail.scope as Scope;
  }
}

describe('nobody grants what they do not hold', () => {
  // prettier-ignore
  it.each<[Scope[], Role, Scope[], Scope | 'granted']>([
    // held                                   role        asked                   outcome
    [['operator.admin'],                      'operator', ['operator.admin'],     'granted'],
    [['operator.admin'],                      'node',     [],                     'granted'],
    [['operator.pairing', 'operator.write'],  'operator', ['operator.read'],      'granted'],
    [['operator.pairing'],                    'operator', [],                     'granted'],
    [['operator.pairing'],                    'operator', ['operator.read'],      'operator.read'],
    [['operator.pairing'],                    'operator', ['operator.admin'],     'operator.admin'],
    [['operator.pairing', 'operator.write'],  'node',     [],                     'operator.admin'],
    [['operator.write'],                      'operator', ['operator.read'],      'operator.pairing'],
    [[],                                      'operator', [],                     'operator.pairing'],
  ])('holding %j, to %s %j → %s', (held, role, scopes, outcome) => {
    expect(missing(held, role, scopes)).toBe(outcome);
  });
});

describe('S090: a device manages itself', () => {
  const caller = (change: Partial<Identity>): Identity => ({
    method: 'device-token',
    subject: 'a',
    deviceId: 'a',
    tenantId: HOUSE_TENANT,
    role: 'operator',
    scopes: ['operator.pairing'],
    credential: 'device-token:1',
    ...change,
  });

  it.each([
    ['itself', caller({}), 'a', true],
    ['another one', caller({}), 'b', false],
    ['another one, as an admin', caller({ scopes: ['operator.admin'] }), 'b', true],
    ['any, with another credential', caller({ method: 'token', deviceId: undefined }), 'b', true],
  ])('%s', (_what, who, device, outcome) => {
    expect(mayManage(who, device)).toBe(outcome);
  });
});

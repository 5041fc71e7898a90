import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { AnswerSeal, type KeyedCaller } from './answer-seal.js';

const identity: Identity = {
  method: 'token',
  subject: 'token',
  tenantId: HOUSE_TENANT,
  role: 'operator',
  scopes: ['operator.read', 'operator.admin'],
  credential: 'token',
};
const caller: KeyedCaller = { named: 'one', identity, secret: 'a secret' };
const answer = { status: 201, contentType: 'application/json', body: '{"token":"dwd_x"}' };

describe('a sealed answer', () => {
  it('opens for the same caller with the same key', () => {
    const sealed = new AnswerSeal(caller).close(answer);
    expect(sealed).not.toContain('dwd_');
    const again = new AnswerSeal({ ...caller, identity: { ...identity, scopes: identity.scopes.toReversed() } });
    expect(again.open(sealed)).toEqual(answer);
  });

  // prettier-ignore
  it.each([
    ['another key',        { named: 'two' }],
    ['another credential', { secret: 'another' }],
    ['no credential',      { secret: '' }],
    ['another subject',    { identity: { ...identity, subject: 'b' } }],
    ['fewer scopes',       { identity: { ...identity, scopes: ['operator.read'] as const } }],
  ])('is closed to %s, who cannot make its fingerprint either', (_, change) => {
    const own = new AnswerSeal(caller);
    const other = new AnswerSeal({ ...caller, ...change });
    expect(other.open(own.close(answer))).toBeUndefined();
    expect(other.fingerprint(['POST', '/', {}])).not.toBe(own.fingerprint(['POST', '/', {}]));
  });

  it('is closed to what makes the same text of other parts', () => {
    const own = new AnswerSeal({ ...caller, named: 'ab', secret: 'c' });
    const other = new AnswerSeal({ ...caller, named: 'a', secret: 'bc' });
    expect(other.open(own.close(answer))).toBeUndefined();
  });

  it('fingerprints tell requests apart, whatever the order of their fields', () => {
    const own = new AnswerSeal(caller);
    expect(own.fingerprint(['POST', '/', { a: 1, b: 2 }])).toBe(own.fingerprint(['POST', '/', { b: 2, a: 1 }]));
    expect(own.fingerprint(['POST', '/', { a: 1 }])).not.toBe(own.fingerprint(['POST', '/', { a: 2 }]));
  });
});

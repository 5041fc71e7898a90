import { describe, expect, it } from '@jest/globals';
import { ExternalIssuer } from './external.settings.js';
import { unverified, wrongClaim, wrongType } from './jwt-claims.js';

const NOW = 1_800_000_000;
const ISSUER = Object.assign(new ExternalIssuer(), { issuer: 'https://id.example', audience: 'doorward' });
const GOOD = { iss: 'https://id.example', sub: 'a', aud: 'doorward', iat: NOW, nbf: NOW, exp: NOW + 300 };

describe('the claims of a token', () => {
  it('that are good', () => {
    expect(wrongClaim(GOOD, ISSUER, NOW)).toBeUndefined();
    expect(wrongClaim({ ...GOOD, aud: ['x', 'doorward'] }, ISSUER, NOW)).toBeUndefined();
    expect(wrongClaim({ ...GOOD, iat: undefined }, ISSUER, NOW)).toBeUndefined();
  });

  // prettier-ignore
  it.each([
    ['iss',         { iss: 'https://id.example/' }],
    ['iss',         { iss: undefined }],
    ['sub',         { sub: '' }],
    ['sub',         { sub: 1 }],
    ['aud',         { aud: 'doorward ' }],
    ['aud',         { aud: undefined }],
    ['aud',         { aud: ['doorward', 1] }],
    ['exp',         { exp: undefined }],
    ['exp',         { exp: String(NOW + 300) }],
    ['exp',         { exp: NOW + 0.5 }],
    ['exp',         { exp: NOW * 1000 }],
    ['nbf',         { nbf: undefined }],
    ['nbf',         { nbf: `${NOW}` }],
    ['iat',         { iat: -1 }],
    ['future',      { nbf: NOW + 61, exp: NOW + 300 }],
    ['future',      { iat: NOW + 61 }],
    ['maxLifetime', { exp: NOW + 86_401 }],
    ['maxLifetime', { exp: NOW }],
    ['expired',     { nbf: NOW - 300, exp: NOW - 60 }],
  ])('tell what is wrong: %s in %j', (what, change) => {
    expect(wrongClaim({ ...GOOD, ...change }, ISSUER, NOW)).toContain(what);
  });

  it('bear a skew of just what is configured', () => {
    const strict = { ...ISSUER, clockSkew: 0 };
    expect(wrongClaim({ ...GOOD, nbf: NOW - 300, exp: NOW }, strict, NOW)).toBe('expired');
    expect(wrongClaim({ ...GOOD, nbf: NOW - 300, exp: NOW, iat: NOW - 300 }, strict, NOW - 1)).toBeUndefined();
    expect(wrongClaim({ ...GOOD, nbf: NOW - 300, exp: NOW - 59 }, ISSUER, NOW)).toBeUndefined();
    expect(wrongClaim({ ...GOOD, nbf: NOW + 60, exp: NOW + 300 }, ISSUER, NOW)).toBeUndefined();
  });

  it('may begin with their iat, where the issuer writes no nbf', () => {
    const lenient = { ...ISSUER, notBefore: 'optional' } as const;
    expect(wrongClaim({ ...GOOD, nbf: undefined }, lenient, NOW)).toBeUndefined();
    expect(wrongClaim({ ...GOOD, nbf: undefined, iat: undefined }, lenient, NOW)).toContain('nor iat');
    expect(wrongClaim({ ...GOOD, nbf: undefined, iat: NOW + 61 }, lenient, NOW)).toContain('future');
  });

  it('of an ID token for several name us as the one that it was made for', () => {
    const id = { ...ISSUER, tokenType: 'id' } as const;
    expect(wrongClaim({ ...GOOD, aud: ['doorward', 'x'] }, id, NOW)).toContain('azp');
    expect(wrongClaim({ ...GOOD, aud: ['doorward', 'x'], azp: 'doorward' }, id, NOW)).toBeUndefined();
  });
});

describe('the kind of a token', () => {
  // prettier-ignore
  it.each([
    ['access', 'at+jwt',             {},               undefined],
    ['access', 'application/at+jwt', {},               undefined],
    ['access', 'JWT',                {},               undefined],
    ['access', undefined,            {},               undefined],
    ['access', 'at+jwt',             { nonce: 'n' },   undefined],
    ['access', 'JWT',                { nonce: 'n' },   'ID token'],
    ['access', undefined,            { at_hash: 'n' }, 'ID token'],
    ['access', 'JWT',                { typ: 'ID' },    'ID token'],
    ['access', 'logout+jwt',         {},               'another kind'],
    ['access', 'at+jwt',             { cnf: {} },      'bound'],
    ['at+jwt', 'at+jwt',             {},               undefined],
    ['at+jwt', 'JWT',                {},               'not at+jwt'],
    ['id',     'JWT',                { nonce: 'n' },   undefined],
    ['id',     undefined,            {},               undefined],
    ['id',     'at+jwt',             {},               'access token'],
  ] as const)('where %s is wanted: typ %s with %j', (tokenType, typ, claims, wrong) => {
    const told = wrongType({ header: { typ }, claims }, { tokenType });
    expect(told ?? 'good').toContain(wrong ?? 'good');
  });
});

describe('the form of a token', () => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  it('is that of a JWT', () => {
    expect(unverified(`${part({ alg: 'RS256' })}.${part(GOOD)}.c2ln`)).toEqual({
      header: { alg: 'RS256' },
      claims: GOOD,
    });
  });

  it.each([
    ['nothing', ''],
    ['two parts', `${part({})}.${part({})}`],
    ['four parts', `${part({})}.${part({})}.a.b`],
    ['no JSON', 'YQ.YQ.YQ'],
    ['no object', `${part([])}.${part({})}.a`],
    ['no UTF-8', `${Buffer.from([0x22, 0xff, 0x22]).toString('base64url')}.${part({})}.a`],
    ['a blank', `${part({})}.${part({})}.a `],
    ['too much', `${part({})}.${part({ _: 'x'.repeat(8192) })}.a`],
  ])('is not %s', (_what, text) => {
    expect(unverified(text)).toBeUndefined();
  });
});

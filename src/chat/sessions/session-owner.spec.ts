import { HOUSE_TENANT, type Identity } from '../../kernel/identity.js';
import { ALL_SCOPES } from '../../kernel/scopes.js';
import { maySee, ownerOf } from './session-owner.js';

const TENANT = '11111111-1111-4111-8111-111111111111';

function identity(more: Partial<Identity>): Identity {
  return {
    method: 'token',
    subject: 'token',
    tenantId: HOUSE_TENANT,
    role: 'operator',
    scopes: ['operator.write'],
    credential: 'c',
    ...more,
  };
}

describe('whose a session is', () => {
  // prettier-ignore
  it.each<[string, Partial<Identity>, string]>([
    ['a user',                       { userId: 'u1', method: 'gateway-token' },                                       'user:u1'],
    ['a user with all rights',       { userId: 'u1', method: 'gateway-token', scopes: ALL_SCOPES },                   'user:u1'],
    ['this machine',                 { method: 'loopback', subject: 'loopback' },                                     'house'],
    ['the house key',                {},                                                                              'house'],
    ['the password',                 { method: 'password', subject: 'password' },                                     'house'],
    ['a device with all rights',     { method: 'device-token', subject: 'd1', scopes: ALL_SCOPES },                   'house'],
    ['a device with less',           { method: 'device-token', subject: 'd1' },                                       'device-token:d1'],
    ['a device of another tenant',   { method: 'device-token', subject: 'd1', scopes: ALL_SCOPES, tenantId: TENANT }, 'device-token:d1'],
    ['somebody whom a proxy names',  { method: 'trusted-proxy', subject: 'a@x', scopes: ALL_SCOPES },                 'trusted-proxy:a@x'],
    ['the same name of the tailnet', { method: 'tailscale', subject: 'a@x', scopes: ALL_SCOPES },                     'tailscale:a@x'],
  ])('%s', (_, who, owner) => {
    expect(ownerOf(identity(who))).toBe(owner);
  });
});

describe('who sees a session', () => {
  const session = { tenantId: TENANT, owner: 'user:u1' };
  const user = { method: 'gateway-token', tenantId: TENANT, userId: 'u1' } as const;

  // prettier-ignore
  it.each<[string, Partial<Identity>, boolean]>([
    ['its owner',                      { ...user },                                                    true],
    ['its owner, reading',             { ...user, scopes: ['operator.read'] },                         true],
    ['its owner without the scope',    { ...user, scopes: ['operator.pairing'] },                      false],
    ['another user',                   { ...user, userId: 'u2' },                                      false],
    ['an admin of the tenant',         { ...user, userId: 'u2', scopes: ['operator.admin'] },          true],
    ['an admin of another tenant',     { ...user, tenantId: 't2', scopes: ['operator.admin'] },        false],
    ['an admin of the house',          { scopes: ALL_SCOPES },                                         false],
  ])('%s: %s', (_, who, sees) => {
    expect(maySee(identity(who), session)).toBe(sees);
  });
});

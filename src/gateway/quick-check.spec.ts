import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import * as fc from 'fast-check';
import { ConnectParams } from './connect.params.js';
import { quickCheck } from './quick-check.js';

const quick = quickCheck(ConnectParams);

/** What class-validator itself thinks. */
function isValid(plain: object): boolean {
  const parsed = plainToInstance(ConnectParams, structuredClone(plain));
  return validateSync(parsed, { whitelist: true, forbidNonWhitelisted: true }).length === 0;
}

const device = { id: 'd', publicKey: 'k', signature: 's', signedAt: 1, nonce: 'n' };

describe('quick check', () => {
  it.each([
    // case                        params
    ['nothing', {}],
    ['the documents', { role: 'control', auth: { token: 't' }, client: { name: 'n', version: '1' } }],
    ['a range', { minProtocol: 3, maxProtocol: 4 }],
    ['a device', { device }],
    ['scopes', { scopes: ['operator.read', 'operator.talk.secrets'] }],
    ['null where nothing is needed', { client: null, auth: { token: null } }],
  ])('says yes to %s', (_case, params) => {
    expect(isValid(params)).toBe(true);
    expect(quick(params)).toBeInstanceOf(ConnectParams);
  });

  it.each([
    // case                   params
    ['an unknown key', { foo: 1 }],
    ['a number for a word', { client: { id: 5 } }],
    ['an unknown key within', { auth: { tokn: 'x' } }],
    ['half a device', { device: { id: 'd' } }],
    ['a list for an object', { client: [] }],
    ['a wide scope', { scopes: ['operator.ａdmin'] }],
    ['a scope by itself', { scopes: 'operator.read' }],
    ['a zero-width name', { client: { id: 'cli\u200b' } }],
    ['a prototype', JSON.parse('{"__proto__":{"role":"node"}}') as object],
  ])('says nothing to %s', (_case, params) => {
    expect(quick(params as Record<string, unknown>)).toBeUndefined();
  });

  it('never says yes where class-validator says no, and yes wherever it does', () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(undefined));
    const anything = fc.oneof(scalar, fc.array(scalar), fc.object({ maxDepth: 1 }));
    const params = fc.record(
      {
        minProtocol: fc.oneof(fc.integer(), anything),
        role: fc.oneof(fc.constantFrom('control', 'node'), anything),
        scopes: fc.oneof(fc.array(fc.constantFrom('operator.read', 'operator.admin', 'x')), anything),
        client: fc.oneof(fc.record({ id: anything, version: fc.string() }, { requiredKeys: [] }), anything),
        auth: fc.oneof(fc.record({ token: fc.oneof(fc.string(), anything) }, { requiredKeys: [] }), anything),
        device: fc.oneof(fc.record({ ...record(device) }, { requiredKeys: ['id'] }), anything),
        other: anything,
      },
      { requiredKeys: [] },
    );
    const disagreement = fc.check(
      fc.property(params, (plain) => (quick(plain) !== undefined) === isValid(plain)),
      { numRuns: 2000 },
    );
    expect(disagreement.counterexample).toBeNull();
  });
});

const record = (object: object): Record<string, fc.Arbitrary<unknown>> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, fc.oneof(fc.constant(value), fc.integer())]));

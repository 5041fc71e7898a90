import { describe, expect, it } from '@jest/globals';
import { USER_ROLES } from '../roles.js';
import { mayDealWith } from './rank.js';

describe('nobody decides about a role above their own', () => {
  // prettier-ignore
  it.each([
    ['owner',  ['owner', 'admin', 'member', 'viewer']],
    ['admin',  ['admin', 'member', 'viewer']],
    ['member', ['member', 'viewer']],
    ['viewer', ['viewer']],
  ] as const)('%s: %j', (own, allowed) => {
    const dealsWith = USER_ROLES.filter((role) => {
      try {
        mayDealWith(own, role);
        return true;
      } catch {
        return false;
      }
    });
    expect(dealsWith).toEqual(allowed);
  });

  it('of several the highest counts', () => {
    expect(() => mayDealWith('admin', 'viewer', 'owner')).toThrow('admin is below owner');
  });
});

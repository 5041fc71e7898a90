import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { type Ended, Revocations } from './revocations.js';

const ana: Identity = {
  method: 'gateway-token',
  subject: 'ana',
  userId: 'ana',
  tenantId: HOUSE_TENANT,
  role: 'operator',
  scopes: [],
  credential: 'gateway-token:1',
};

const user =
  (id: string): Ended =>
  ({ userId }) =>
    userId === id;

describe('revocations', () => {
  it('remembers one that came after the decision began', () => {
    const revocations = new Revocations();
    const { epoch } = revocations;
    revocations.add(user('ana'));
    revocations.add(user('ben'));
    expect(revocations.since(epoch, ana)).toBe(true);
  });

  it('does not hold an earlier one, or somebody else’s, against anybody', () => {
    const revocations = new Revocations();
    revocations.add(user('ana'));
    const { epoch } = revocations;
    revocations.add(({ tenantId }) => tenantId === 'ana');
    expect(revocations.since(epoch, ana)).toBe(false);
  });

  it('takes more of them than it can remember for one that matters', () => {
    const revocations = new Revocations();
    const { epoch } = revocations;
    for (let i = 0; i < 2000; i += 1) revocations.add(user('ben'));
    expect(revocations.since(epoch, ana)).toBe(true);
    expect(revocations.since(revocations.epoch, ana)).toBe(false);
  });
});

import { Revocations } from './revocations.js';

const isAna = (key: string, value: string): boolean => key === 'user' && value === 'ana';

describe('revocations', () => {
  it('remembers one that came after the decision began', () => {
    const revocations = new Revocations();
    const { epoch } = revocations;
    revocations.add('user', 'ana');
    revocations.add('user', 'ben');
    expect(revocations.since(epoch, isAna)).toBe(true);
  });

  it('does not hold an earlier one, or somebody else’s, against anybody', () => {
    const revocations = new Revocations();
    revocations.add('user', 'ana');
    const { epoch } = revocations;
    revocations.add('tenant', 'ana');
    expect(revocations.since(epoch, isAna)).toBe(false);
  });

  it('takes more of them than it can remember for one that matters', () => {
    const revocations = new Revocations();
    const { epoch } = revocations;
    for (let i = 0; i < 2000; i += 1) revocations.add('user', 'ben');
    expect(revocations.since(epoch, isAna)).toBe(true);
    expect(revocations.since(revocations.epoch, isAna)).toBe(false);
  });
});

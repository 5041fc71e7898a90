import { HOUSE_TENANT } from '../../kernel/identity.js';
import type { StandingBudget } from './budget.js';
import { insufficientQuota } from './shortage.js';

const BUDGET: StandingBudget = {
  id: 'b',
  tenantId: HOUSE_TENANT,
  scope: 'agent',
  subject: 'main',
  name: 'main',
  period: 'day',
  limits: { cost: 5_000_000_000, tokens: 1000 },
};
const FULL = { cost: 5_000_000_000, tokens: 1000 };
const said = (shortage: Parameters<typeof insufficientQuota>[1], tenantId = HOUSE_TENANT): string =>
  insufficientQuota(BUDGET, shortage, tenantId).message;

describe('a refusal for want of budget', () => {
  const need = { cost: 1_500, tokens: 10 };

  it('says which measure is short, exactly', () => {
    const left = { cost: 20, tokens: 400 };
    expect(said({ need, left, unspent: left, endsInMs: 1 })).toBe(
      'the budget agent:main:day is used up: 5 USD per day (UTC), 0.00000002 USD left, and this call may take 0.0000015 USD',
    );
    const none = { cost: 20, tokens: 0 };
    expect(said({ need, left: none, unspent: none, endsInMs: 1 })).toContain(
      '; 1000 tokens per day (UTC), 0 left, and this call may take 10',
    );
  });

  it('tells what is used from what is set aside for others', () => {
    const left = { cost: 0, tokens: 0 };
    expect(said({ need, left, unspent: FULL, endsInMs: 1 })).toMatch(
      /^the budget agent:main:day is reserved for other calls: 5 USD per day/,
    );
  });

  it('names the budget to others, and nothing more', () => {
    const left = { cost: 0, tokens: 0 };
    expect(said({ need, left, unspent: left, endsInMs: 1 }, 'another')).toBe('the budget agent:main:day is used up');
  });

  it('says when it begins anew, where it does', () => {
    const left = { cost: 0, tokens: 0 };
    const detail = (endsInMs: number | undefined) =>
      insufficientQuota(BUDGET, { need, left, unspent: left, endsInMs }, HOUSE_TENANT).detail;
    expect(detail(60_000).retryAfterMs).toBe(60_000);
    expect(detail(undefined).retryAfterMs).toBeUndefined();
    const reserved = insufficientQuota(BUDGET, { need, left, unspent: FULL, endsInMs: 60_000 }, HOUSE_TENANT);
    expect(reserved.detail).toMatchObject({ retryAfterMs: 1000, isWorthRetrying: true });
    expect(detail(60_000).isWorthRetrying).toBe(false);
  });
});

import { budgetKey, parseBudgetKey } from './budget.js';

describe('the name of a budget', () => {
  it.each([
    ['user:ana@example.com:day', { scope: 'user', name: 'ana@example.com', period: 'day' }],
    ['user:tailscale:ana@example.com:month', { scope: 'user', name: 'tailscale:ana@example.com', period: 'month' }],
    ['agent:main:total', { scope: 'agent', name: 'main', period: 'total' }],
  ])('%s says what it is for', (text, parts) => {
    expect(parseBudgetKey(text)).toEqual(parts);
    expect(budgetKey(parts as never)).toBe(text);
  });

  it.each([
    'user:ana@example.com',
    'user::day',
    'device:x:day',
    'user:x:week',
    '',
    '7d1f0a52-5d4b-4b6e-9d8e-0c1f2a3b4c5d',
  ])('%s is none', (text) => {
    expect(parseBudgetKey(text)).toBeUndefined();
  });
});

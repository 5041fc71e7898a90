import { validateSync } from 'class-validator';
import { RateLimitSettings, RedisSettings } from './rate-limit.settings.js';

const wrong = (settings: object): string[] => validateSync(settings).map(({ property }) => property);

describe('the settings of the failure limit', () => {
  it('are on and safe when nothing is said: twenty in a minute, then a minute', () => {
    expect({ ...new RateLimitSettings() }).toEqual({ maxAttempts: 20, windowMs: 60_000, lockoutMs: 60_000 });
    expect(wrong(new RateLimitSettings())).toEqual([]);
  });

  it.each([
    [{ maxAttempts: 0 }, ['maxAttempts']],
    [{ maxAttempts: 1.5, windowMs: 0, lockoutMs: -1 }, ['maxAttempts', 'windowMs', 'lockoutMs']],
    [{ windowMs: '60000' }, ['windowMs']],
    [{ maxAttempts: 1, windowMs: 1000, lockoutMs: 86_400_000 }, []],
  ])('S138: cannot be switched off: %j', (given, expected) => {
    expect(wrong(Object.assign(new RateLimitSettings(), given))).toEqual(expected);
  });

  it.each([
    ['redis://127.0.0.1:6379', true],
    ['rediss://user:password@cache.example:6380/2', true],
    ['redis://:password@[::1]:6379', true],
    ['redis://', false],
    ['redis://:password@', false],
    ['redis://:password@host:port', false],
    ['http://127.0.0.1:6379', false],
    ['127.0.0.1:6379', false],
  ])('take %s as a Redis: %s', (url, good) => {
    expect(wrong(Object.assign(new RedisSettings(), { url }))).toEqual(good ? [] : ['url']);
  });
});

import { type FailureKind, failureKind, isRateLimit, remedyFor } from './failure-kind.js';

describe('what a provider’s answer means', () => {
  // prettier-ignore
  it.each<[number, string, FailureKind]>([
    [429, 'slow down',                                                          'rate_limit'],
    [400, 'RESOURCE_EXHAUSTED: quota',                                          'rate_limit'],
    [403, 'Quota exceeded for requests per minute',                             'rate_limit'],
    [429, 'You exceeded your current quota, insufficient_quota',                'billing'],
    [400, 'Your credit balance is too low to access the API',                   'billing'],
    [402, '',                                                                   'billing'],
    [401, 'invalid x-api-key',                                                  'auth'],
    [403, 'forbidden',                                                          'auth'],
    [401, 'This API key has been revoked',                                      'auth_permanent'],
    [400, 'invalid_grant',                                                      'auth_permanent'],
    [401, 'Your session has expired',                                           'session_expired'],
    [400, 'The model `gpt-9` does not exist',                                   'model_not_found'],
    [404, 'not found',                                                          'model_not_found'],
    [400, 'messages: at least one message is required',                         'format'],
    [529, 'Overloaded',                                                         'overloaded'],
    [503, '',                                                                   'overloaded'],
    [504, '',                                                                   'timeout'],
    [0,   'connect ECONNREFUSED',                                               'timeout'],
    [418, 'teapot',                                                             'unknown'],
  ])('%i %j → %s', (status, message, kind) => {
    expect(failureKind({ status, message })).toBe(kind);
  });

  it('a credential of Claude Code is told how to do better', () => {
    const message =
      'This credential is only authorized for use with Claude Code and cannot be used for other API requests.';

    expect(failureKind({ status: 400, message })).toBe('auth');
    expect(remedyFor(message)).toMatch(/use an Anthropic API key/);
  });
});

describe('only these words send a request to the next key', () => {
  it.each([
    'rate_limit_error',
    'Rate limit reached',
    'HTTP 429',
    'quota exceeded',
    'quota_exceeded',
    'Resource exhausted',
    'resource_exhausted',
    'Too Many Requests',
  ])('%s', (message) => {
    expect(isRateLimit(message)).toBe(true);
  });

  it.each([
    'invalid api key',
    'Internal server error',
    'overloaded_error',
    'credit balance is too low',
    'request id 14290',
  ])('not: %s', (message) => {
    expect(isRateLimit(message)).toBe(false);
  });
});

import { fingerprint, redact, redactText } from './redact.js';

const GATEWAY_TOKEN = 'a1b2c3d4'.repeat(8);
const DEVICE_TOKEN = `dwd_${'x'.repeat(43)}`;

describe('what a log line may say', () => {
  // prettier-ignore
  it.each([
    ['a token by name',               { token: 'hunter2hunter2' }],
    ['a password that is a number',   { password: 12345678 }],
    ['deep inside',                   { request: { headers: [{ Authorization: 'Bearer hunter2hunter2' }] } }],
    ['a list of secrets',             { apiKeys: ['hunter2hunter2'] }],
    ['a cookie',                      { 'set-cookie': 'sid=hunter2hunter2' }],
    ['a bearer in an error',          { error: new Error('got Bearer hunter2hunter2') }],
    ['the cause of an error',         { error: new Error('outer', { cause: new Error('postgres://u:hunter2hunter2@h/d') }) }],
    ['a query',                       { path: '/x?a=1&token=hunter2hunter2' }],
    ['an address with a password',    { url: 'https://me:hunter2hunter2@host/' }],
    ['a JWT',                         { value: `eyJhbGciOiJIUzI1NiJ9.hunter2hunter2.sig` }],
    ['as the name of a field',        { 'x?token=hunter2hunter2': 1 }],
  ])('never a secret: %s', (_, fields) => {
    const written = JSON.stringify(redact(fields));

    expect(written).not.toMatch(/hunter2|12345678/);
    expect(written).toContain('[redacted]');
  });

  it('leaves a fingerprint of a gateway token in its place', () => {
    expect(redactText(`looked up ${GATEWAY_TOKEN} in vain`)).toBe(
      `looked up [redacted ${fingerprint(GATEWAY_TOKEN)}] in vain`,
    );
  });

  it('takes a device token out of any text', () => {
    expect(redact({ reason: `not mine: ${DEVICE_TOKEN}` })).toEqual({ reason: 'not mine: [redacted]' });
  });

  it('keeps what only speaks about secrets, and the id of a device', () => {
    const fields = {
      deviceId: GATEWAY_TOKEN,
      tokenId: 't1',
      code: 'token_mismatch',
      maxTokens: 5,
      tokenConfigured: true,
    };

    expect(redact(fields)).toEqual(fields);
  });

  it('keeps of an error what explains it, and nothing that a library hung on it', () => {
    const error = Object.assign(new Error('no'), { code: 'ECONNREFUSED', request: { body: 'private' } });

    expect(Object.keys(redact({ error })['error'] as object)).toEqual(['name', 'message', 'code', 'stack', 'cause']);
  });

  it('ends in circles, depths and lengths', () => {
    const circle: Record<string, unknown> = { long: 'x'.repeat(100_000) };
    circle['self'] = circle;

    expect(JSON.stringify(redact(circle)).length).toBeLessThan(10_000);
  });
});

import { isSensitiveName } from './sensitive-name.js';

// prettier-ignore
it.each([
  // name                    anywhere  strict
  ['OPENAI_API_KEY',          true,     true],
  ['OPENAI_API_KEYS',         true,     true],
  ['ANTHROPIC_API_KEY_2',     true,     true],
  ['OPENCLAW_LIVE_OPENAI_KEY', true,    false],
  ['DOORWARD_GATEWAY_TOKEN',  true,     true],
  ['PGPASSWORD',              false,    false],
  ['DB_PASSWORD',             true,     true],
  ['Authorization',           true,     true],
  ['proxy-authorization',     true,     true],
  ['x-api-key',               true,     true],
  ['Cookie',                  true,     true],
  ['x-title',                 false,    false],
  ['HTTP-Referer',            false,    false],
  ['botToken',                true,     true],
  ['signingSecret',           true,     true],
  ['apiKey',                  true,     true],
  ['apikey',                  true,     true],
  ['sessionKey',              false,    false],
  ['key',                     false,    false],
  ['MAX_TOKENS',              false,    false],
  ['maxTokens',               false,    false],
  ['tokenFile',               false,    false],
  ['GATEWAY_TOKEN_FILE',      false,    false],
  ['SSH_PUBLIC_KEY',          false,    false],
  ['LANG',                    false,    false],
  ['',                        false,    false],
])('%j: %s, strictly %s', (name, anywhere, strict) => {
  expect(isSensitiveName(name)).toBe(anywhere);
  expect(isSensitiveName(name, { strict: true })).toBe(strict);
});

import { setupCode, setupLink } from './setup-link.js';

const ENDS = new Date(Date.UTC(2026, 10, 21));

const read = (code: string): unknown => JSON.parse(Buffer.from(code, 'base64url').toString());

describe('a setup link', () => {
  // prettier-ignore
  it.each([
    ['https://gateway.example.com',           'wss://gateway.example.com'],
    ['https://gateway.example.com/doorward/', 'wss://gateway.example.com/doorward'],
    ['http://127.0.0.1:18789',                'ws://127.0.0.1:18789'],
  ])('S093: to %s holds the address, the value and its end, and no more', (address, url) => {
    expect(read(setupCode(address, 'dwi_x', ENDS))).toEqual({ url, bootstrapToken: 'dwi_x', expiresAtMs: +ENDS });
  });

  it('S191: carries what is secret behind the #', () => {
    const { origin, pathname, search, hash } = new URL(setupLink('https://gateway.example.com/', 'c0de'));
    expect([origin, pathname, search, hash]).toEqual(['https://gateway.example.com', '/', '', '#setup=c0de']);
  });
});

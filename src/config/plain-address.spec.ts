import { plainAddress } from './plain-address.js';

// prettier-ignore
it.each([
  ['https://models.example/v1',                    'https://models.example/v1'],
  ['https://ana:secret@models.example/v1',         'https://***:***@models.example/v1'],
  ['https://secret@models.example/v1',             'https://***@models.example/v1'],
  ['https://models.example/v1?key=secret&b=secret', 'https://models.example/v1?key=***&b=***'],
  ['redis://:secret@127.0.0.1:1/0',                'redis://:***@127.0.0.1:1/0'],
  ['http://ana:secret@[broken/v1?x=secret',        'http://***@[broken/v1?***'],
  ['op://vault/item?attribute=otp',                'op://vault/item?attribute=***'],
  ['ana@example.com',                              'ana@example.com'],
  ['no address',                                   'no address'],
])('%s is shown as %s', (text, shown) => {
  expect(plainAddress(text)).toBe(shown);
});

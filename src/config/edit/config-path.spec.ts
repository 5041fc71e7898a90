import { parseConfigPath } from './config-path.js';

// prettier-ignore
it.each<[text: string, keys: readonly string[] | undefined]>([
  ['gateway.port',                            ['gateway', 'port']],
  ['agents.list[0].id',                       ['agents', 'list', '0', 'id']],
  ['agents.list.0.id',                        ['agents', 'list', '0', 'id']],
  ['models.providers["my.one"].apiKey',       ['models', 'providers', 'my.one', 'apiKey']],
  ["models.providers['my.one'].apiKey",       ['models', 'providers', 'my.one', 'apiKey']],
  ['auth.profiles["a \\"b\\""]',              ['auth', 'profiles', 'a "b"']],
  ['models.providers.my-provider.apiKey',     ['models', 'providers', 'my-provider', 'apiKey']],
  ['',                                        undefined],
  ['.',                                       undefined],
  ['gateway.',                                undefined],
  ['.gateway',                                undefined],
  ['gateway..port',                           undefined],
  ['gateway port',                            ['gateway port']],
  ['gateway. port',                           undefined],
  ['list[x]',                                 undefined],
  ['list[0]id',                               undefined],
])('%s', (text, keys) => {
  expect(parseConfigPath(text)).toEqual(keys);
});

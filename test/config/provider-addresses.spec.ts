import { EXIT_CONFIG } from '../../src/config/config-error.js';
import { RULES, SETTINGS } from '../../src/settings.js';
import { Place } from './place.js';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

const whole = { settings: SETTINGS, rules: RULES };
const named = (baseUrl: string, more: object = {}): object => ({
  models: { providers: { one: { type: 'openai', baseUrl } }, ...more },
});

describe('S179: the address of a provider', () => {
  // prettier-ignore
  it.each([
    // base URL                            refused, because it
    ['http://169.254.169.254/latest',      'link-local'],
    ['http://[fe80::1]/v1',                'link-local'],
    ['http://[::ffff:169.254.169.254]/v1', 'link-local'],
    ['https://2852039166/v1',              'link-local'],
    ['http://0.0.0.0:11434/v1',            'reserved'],
    ['https://100.100.100.200/v1',         'metadata'],
    ['https://10.0.0.5/v1',                'models.allowPrivateNetworks'],
    ['http://[fd12::1]:8000/v1',           'models.allowPrivateNetworks'],
    ['http://1.1.1.1/v1',                  'plain http'],
  ])('%s is refused at the start', async (baseUrl, why) => {
    place.config(named(baseUrl));

    await expect(place.refusal({}, whole)).resolves.toEqual([
      expect.stringMatching(new RegExp(`^models\\.providers\\.one\\.baseUrl: .*${why}`)),
    ]);
  });

  it.each([
    'https://api.example.com/v1',
    'http://127.0.0.1:11434/v1',
    'http://localhost:11434/v1',
    'http://[::1]:11434/v1',
    'https://1.1.1.1/v1',
    'http://ollama:11434/v1', // judged when a connection is opened
    'http://10.0.0.5:11434/v1',
  ])('%s is taken', async (baseUrl) => {
    place.config(named(baseUrl, { allowPrivateNetworks: ['10.0.0.0/24'] }));

    await expect(place.load({}, whole)).resolves.toBeDefined();
  });

  it('is not made private by what is no network', async () => {
    place.config(named('https://api.example.com/v1', { allowPrivateNetworks: ['10.0.0.0/33', 'lan'] }));

    await expect(place.refusal({}, whole)).resolves.toEqual([
      expect.stringMatching(/^models\.allowPrivateNetworks: each entry must be an IP address/),
    ]);
  });
});

describe('S189: checking certificates', () => {
  it('cannot be turned off: the gateway does not start', async () => {
    const error: unknown = await place
      .load({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, whole)
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ exitCode: EXIT_CONFIG });
    expect((error as Error).message).toMatch(/NODE_TLS_REJECT_UNAUTHORIZED: is 0.*NODE_EXTRA_CA_CERTS/);
  });

  it('may be asked for in words', async () => {
    await expect(place.load({ NODE_TLS_REJECT_UNAUTHORIZED: '1' }, whole)).resolves.toBeDefined();
  });
});

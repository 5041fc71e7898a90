import { CredentialsService } from '../../src/credentials/credentials.service.js';
import { ConfigService } from '../../src/config/config.service.js';
import { TokenStand, tokens } from '../credentials/token-stand.js';
import { startStocked } from '../credentials/stocked.js';
import { HOUSE_TOKEN, type TestGateway } from '../helpers/gateway.js';
import { Scrape } from './scrape.js';

const HOUR = 3_600_000;

let stand: TokenStand;
let gateway: TestGateway;

beforeAll(async () => (stand = await TokenStand.start()));
afterAll(() => stand.close());
afterEach(() => gateway.close());

const login = (provider: string, expires: number, refresh?: string): object => ({
  type: 'oauth',
  provider,
  access: 'access-of-ana',
  ...(refresh !== undefined && { refresh }),
  expires,
  email: 'ana@example.com',
});

const config = (): object => ({
  gateway: { auth: { token: HOUSE_TOKEN } },
  auth: { providers: { acme: { tokenEndpoint: stand.url, clientId: 'c' } } },
  models: { providers: { acme: { baseUrl: 'http://127.0.0.1:9/v1' } } },
});

it('says how good the stored credentials are, by provider, and of those that nobody configured together', async () => {
  const now = Date.now();
  const main = {
    'acme:ana@example.com': login('acme', now + 5 * HOUR),
    'acme:old': login('acme', now - HOUR),
    'acme:key': { type: 'api_key', provider: 'acme', key: 'k-secret' },
    'nobody:x': { type: 'api_key', provider: 'nobody', key: 'k' },
  };
  gateway = await startStocked({ main }, { config: config() as never });

  const scrape = await Scrape.of(gateway);
  const count = (provider: string, health: string): number =>
    scrape.value(`doorward_model_credentials{provider="${provider}",health="${health}"}`);
  expect(count('acme', 'expiring')).toBe(1);
  expect(count('acme', 'expired')).toBe(1);
  expect(count('acme', 'static')).toBe(1);
  expect(count('other', 'static')).toBe(1);
  for (const secret of ['@', 'k-secret', 'access-of-ana', 'nobody']) expect(scrape.text).not.toContain(secret);

  gateway.clock.advance(6 * HOUR);
  expect((await Scrape.of(gateway)).value('doorward_model_credentials{provider="acme",health="expired"}')).toBe(2);
});

it.each([
  ['refreshed', () => tokens('new', 'next')],
  ['refused', () => ({ status: 400, body: { error: 'invalid_grant' } })],
  ['failed', () => ({ status: 500, body: 'broken' })],
] as const)('counts a refresh that was %s', async (outcome, answer) => {
  stand.answers = [answer()];
  const main = { 'acme:ana@example.com': login('acme', Date.now() - HOUR, 'refresh-of-ana') };
  gateway = await startStocked({ main }, { config: config() as never });
  const attempt = await gateway.app
    .get(CredentialsService, { strict: false })
    .attempt({ agent: 'main', provider: 'acme' }, gateway.app.get(ConfigService).current);
  const asked = Promise.resolve(attempt.next()).catch(() => undefined);
  const ticking = setInterval(() => gateway.clock.advance(500), 1); // a refresh is tried again a moment later
  await asked.finally(() => clearInterval(ticking));

  const scrape = await Scrape.of(gateway);
  const series = scrape.series.filter((name) => name.startsWith('doorward_credential_refreshes_total'));
  expect(series).toEqual([`doorward_credential_refreshes_total{provider="acme",outcome="${outcome}"}`]);
  expect(scrape.text).not.toMatch(/@|refresh-of-ana/);
});

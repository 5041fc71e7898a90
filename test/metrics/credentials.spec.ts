import { existsSync } from 'node:fs';
import { CredentialsService } from '../../src/credentials/credentials.service.js';
import { ConfigService } from '../../src/config/config.service.js';
import { TokenStand, tokens } from '../credentials/token-stand.js';
import { startStocked, stock } from '../credentials/stocked.js';
import { HOUSE_TOKEN, type TestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';
import { Vault } from '../secrets/vault.js';
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

it('waits for no keeper of secrets: what it finds is said the next time', async () => {
  const vault = new Vault();
  vault.program(
    'keeper',
    `ask(() => {
      fs.writeFileSync(__filename + '.asked', '');
      setInterval(() => {
        if (!fs.existsSync(__filename + '.release')) return;
        say({ protocolVersion: 1, values: { team: 'k-team' } });
        process.exit();
      }, 5);
    });`,
  );
  const secrets = { providers: { keeper: { source: 'exec', command: vault.path('keeper'), timeoutMs: 120_000 } } };
  const old = { 'acme:old': login('acme', Date.now() - HOUR) };
  gateway = await startStocked({ main: old }, { config: { ...config(), secrets } as never });
  const count = (scrape: Scrape, health: string): number =>
    scrape.soFar(`doorward_model_credentials{provider="acme",health="${health}"}`);
  await Scrape.of(gateway);
  const team = { type: 'api_key', provider: 'acme', keyRef: { source: 'exec', provider: 'keeper', id: 'team' } };
  stock(gateway.stateDir, 'main', { ...old, 'acme:team': team });

  gateway.clock.advance(60_000);
  const waiting = Scrape.of(gateway);
  await until('the keeper is asked', () => existsSync(vault.path('keeper.asked')));
  gateway.clock.advance(1_000);
  const early = await waiting;
  expect([count(early, 'expired'), count(early, 'static')]).toEqual([1, 0]);

  vault.file('keeper.release', '');
  const late = await Scrape.of(gateway);
  expect([count(late, 'expired'), count(late, 'static')]).toEqual([1, 1]);
  vault.remove();
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

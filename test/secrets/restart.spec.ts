import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { built, CliHome } from '../helpers/cli.js';
import { bearer } from '../helpers/gateway.js';
import { Replica } from '../helpers/replica.js';
import { until } from '../helpers/until.js';
import { CANARY, Vault } from './vault.js';

let vault: Vault;
let home: CliHome;

beforeAll(built);
beforeEach(() => {
  vault = new Vault();
  home = new CliHome();
  vault.keeper('keeper', { house: CANARY });
});
afterEach(async () => {
  await home.remove();
  vault.remove();
});

const isDown = (down: boolean): string => vault.file('keeper.json', down ? { down } : { house: CANARY });

function configure(resolution: object): void {
  const content = {
    database: { mode: 'none' },
    gateway: { auth: { loopback: 'deny', token: { source: 'exec', provider: 'keeper', id: 'house' } } },
    secrets: { providers: { keeper: { source: 'exec', command: vault.path('keeper') } }, resolution },
  };
  mkdirSync(home.stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(join(home.stateDir, 'doorward.json5'), JSON.stringify(content), { mode: 0o600 });
}

const start = () => home.start(['gateway', 'run', '--port', '0']);
const whoami = async (gateway: Replica): Promise<unknown> =>
  (await gateway.get('/api/v1/whoami', bearer(CANARY))).body.method;

/** The program itself, with a provider that is down when it is started. */
describe('a gateway that is started while a provider is down', () => {
  it('refuse: ends with 78 and says who is waiting for whom, quickly when it is started again', async () => {
    configure({ startBudgetMs: 700 });
    isDown(true);
    const first = await start().finished();
    expect(first.code).toBe(78);
    expect(first.stderr).toMatch(
      /warn +secrets: some cannot be had yet; asking again for 700 ms, then the start is refused/,
    );
    expect(first.stderr).toMatch(/gateway\.auth\.token: cannot be had from exec provider "keeper", id "house": .*; /);

    const calls = vault.calls('keeper').length;
    for (let i = 0; i < 3; i += 1) expect((await start().finished()).code).toBe(78);
    expect(vault.calls('keeper').length).toBeLessThanOrEqual(calls + 3);
  });

  it('wait: listens as soon as the provider answers, and not before', async () => {
    configure({ startBudgetMs: 0, onStartFailure: 'wait' });
    isDown(true);
    const running = start();
    await running.until(/asking again until they can be had/, 'stderr');
    await until('a third try', () => vault.calls('keeper').length >= 3);
    expect(running.stdout).toBe('');
    isDown(false);
    const [, port] = await running.until(/Address +http:\/\/127\.0\.0\.1:(\d+)/);
    expect(Number(port)).toBeGreaterThan(0);
    running.child.kill('SIGTERM');
    expect(await running.finished()).toMatchObject({ code: 0 });
  });

  it('wait: ends when it is told to', async () => {
    configure({ onStartFailure: 'wait' });
    isDown(true);
    const running = start();
    await running.until(/asking again until they can be had/, 'stderr');
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.finished();
    expect(code).toBe(1);
    expect(stderr).toContain('stopped while it waited for secrets');
  });

  it('last-known-good: starts with what is sealed on the disk, says how old it is, and fetches the rest when it can', async () => {
    const policy = { startBudgetMs: 0, onStartFailure: 'last-known-good' };
    configure(policy);
    const good = await Replica.start({ home });
    await good.end();
    const sealed = readFileSync(join(home.stateDir, 'secrets', 'last-known-good.sealed'), 'utf8');
    expect(sealed).not.toContain(CANARY);

    isDown(true);
    const stale = await Replica.start({ home });
    expect(await whoami(stale)).toBe('token');
    const line = await stale.logged('secrets: some come from the disk, since their provider is down');
    expect(line).toMatchObject({
      event: 'SECRETS_LAST_KNOWN_GOOD',
      ageMs: expect.any(Number),
      endsAt: expect.any(String),
    });
    const { body } = await stale.get('/api/v1/secrets', bearer(CANARY));
    expect(body.items).toContainEqual(
      expect.objectContaining({ path: 'gateway.auth.token', state: 'last-known-good' }),
    );
    expect(body.health.state).toBe('degraded');

    isDown(false);
    const { status } = await stale.call('/api/v1/secrets/reload', { method: 'POST', headers: bearer(CANARY) });
    expect(status).toBe(200);
    await stale.logged('secrets: all can be had again');
    await stale.end();
  });

  it('last-known-good: ends with 78 when that is too old', async () => {
    configure({ startBudgetMs: 0, onStartFailure: 'last-known-good', lastKnownGoodMaxAgeMs: 86_400_000 });
    const good = await Replica.start({ home });
    await good.end();
    isDown(true);
    configure({ startBudgetMs: 0, onStartFailure: 'last-known-good', lastKnownGoodMaxAgeMs: 12_000 });
    const stale = await Replica.start({ home });
    expect(await whoami(stale)).toBe('token');

    const { code, stderr } = await stale.running.finished();
    expect(code).toBe(78);
    expect(stderr).toContain('secrets.resolution.lastKnownGoodMaxAgeMs: is over');
  });
});

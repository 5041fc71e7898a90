import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { TokenSettings } from '../../src/auth/strategies/token.strategy.js';
import type { LoadedConfig } from '../../src/config/load.js';
import { ModelsSettings } from '../../src/credentials/models.settings.js';
import type { Log } from '../../src/kernel/log.js';
import type { Secrets } from '../../src/secrets/secrets.js';
import { SecretSnapshot } from '../../src/secrets/secret-snapshot.js';
import { TestClock } from '../helpers/clock.js';
import { CANARY, Vault } from './vault.js';

let clock: TestClock;
let vault: Vault;
beforeEach(() => {
  clock = new TestClock();
  vault = new Vault(clock);
  vault.keeper('keeper', { house: CANARY });
});
afterEach(() => vault.remove());

const configured = (resolution: object, more: object = {}): Vault =>
  vault.config({
    gateway: { auth: { token: { source: 'exec', provider: 'keeper', id: 'house' } } },
    secrets: {
      providers: { keeper: { source: 'exec', command: vault.path('keeper'), timeoutMs: 120_000, ...more } },
      resolution,
    },
  });

const isDown = (down: boolean): string => vault.file('keeper.json', down ? { down } : { house: CANARY });
const calls = (): number => vault.calls('keeper').length;

interface Outcome {
  readonly loaded?: LoadedConfig;
  readonly error?: Error;
  readonly elapsedMs: number;
}

/** A start, while time goes by as fast as the programs answer. */
async function start(
  secrets: Secrets = vault.newSecrets(),
  meanwhile: (waitedMs: number) => void = () => {},
): Promise<Outcome> {
  const begun = clock.now();
  const done = new AbortController();
  const starting = vault
    .load({}, 1, secrets)
    .then(
      (loaded): Outcome => ({ loaded, elapsedMs: clock.now() - begun }),
      (error: Error): Outcome => ({ error, elapsedMs: clock.now() - begun }),
    )
    .finally(() => done.abort());
  while (!done.signal.aborted) {
    await pause(5);
    clock.advance(50);
    meanwhile(clock.now() - begun);
  }
  return starting;
}

const tokenOf = ({ loaded, error }: Outcome): string | undefined => {
  if (error) throw error;
  return loaded!.snapshot.get(TokenSettings).token;
};

const listening = (): { secrets: Secrets; said: string[] } => {
  const said: string[] = [];
  const say = (message: string, fields: object = {}): void => void said.push(`${message} ${JSON.stringify(fields)}`);
  const secrets = vault.newSecrets();
  secrets.log = { debug: say, info: say, warn: say, error: say } satisfies Log;
  return { secrets, said };
};

describe('a start while a provider is down', () => {
  it('is refused when the budget is used up, after a few tries and one report of what depends on it', async () => {
    configured({ startBudgetMs: 5000 });
    isDown(true);
    const { secrets, said } = listening();
    const { error, elapsedMs } = await start(secrets);

    expect(error).toMatchObject({ exitCode: 78 });
    expect(error!.message).toMatch(
      /gateway\.auth\.token: cannot be had from exec provider "keeper", id "house": .*keeper ended with status 1; run it by hand/,
    );
    expect(elapsedMs).toBeLessThan(20_000); // a program takes its own time, and the clock runs fast
    expect(calls()).toBeGreaterThanOrEqual(3);
    expect(calls()).toBeLessThanOrEqual(7);
    expect(said).toEqual([expect.stringMatching(/asking again for 5000 ms.*gateway\.auth\.token/)]);
  });

  it('goes on when the provider comes back within the budget', async () => {
    configured({ startBudgetMs: 60_000 });
    isDown(true);
    const outcome = await start(undefined, (waited) => waited > 3000 && isDown(false));
    expect(tokenOf(outcome)).toBe(CANARY);
  });

  it('waits for ever where it was told to', async () => {
    configured({ startBudgetMs: 0, onStartFailure: 'wait' });
    isDown(true);
    const { secrets, said } = listening();
    const outcome = await start(secrets, (waited) => waited > 90_000 && isDown(false));

    expect(tokenOf(outcome)).toBe(CANARY);
    expect(calls()).toBeLessThan(20); // half a minute apart in the end
    expect(said).toHaveLength(1);
  });

  it('ends when it is told to stop', async () => {
    configured({ onStartFailure: 'wait' });
    isDown(true);
    const secrets = vault.newSecrets();
    const { error } = await start(secrets, (waited) => waited > 2000 && secrets.stop());
    expect(error).toMatchObject({ message: 'stopped while it waited for secrets' });
  });

  it('does not wait for what only somebody else can put right', async () => {
    configured({ startBudgetMs: 60_000, onStartFailure: 'wait' });
    vault.file('keeper', '#!/bin/sh\n', 0o777);
    const { error, elapsedMs } = await start();
    expect(error!.message).toContain('can be changed by others');
    expect(elapsedMs).toBeLessThan(1000);
  });
});

describe('S165: a gateway that is started again and again', () => {
  it('does not ask again and again: ten starts in a row are few calls', async () => {
    configured({ startBudgetMs: 1000 });
    isDown(true);
    const begun = clock.now();
    const errors: string[] = [];
    for (let i = 0; i < 10; i += 1) errors.push((await start()).error!.message);

    const seconds = (clock.now() - begun) / 1000;
    expect(calls()).toBeLessThanOrEqual(4 + Math.ceil(seconds / 2));
    expect(errors.at(-1)).toMatch(
      /exec provider "keeper", id "house": it has failed \d+ times in a row \(.*ended with status 1\) and is left alone for \d+ s more/,
    );
    const { mode } = statSync(`${vault.state}/secrets/outages.json`);
    expect(mode & 0o777).toBe(0o600);
    expect(statSync(`${vault.state}/secrets`).mode & 0o777).toBe(0o700);
    expect(readFileSync(`${vault.state}/secrets/outages.json`, 'utf8')).not.toContain('canary');
  });

  it('asks at once when the settings of the provider were corrected', async () => {
    configured({ startBudgetMs: 1000 });
    isDown(true);
    for (let i = 0; i < 5; i += 1) await start();
    isDown(false);
    configured({ startBudgetMs: 1000 }, { args: ['--profile', 'prod'] });

    expect(tokenOf(await start())).toBe(CANARY);
  });

  it('asks again after half a minute at most, and forgets the outage when it is over', async () => {
    configured({ startBudgetMs: 1000 });
    isDown(true);
    for (let i = 0; i < 8; i += 1) await start();
    isDown(false);
    clock.advance(30_000);

    expect(tokenOf(await start())).toBe(CANARY);
    expect(readFileSync(`${vault.state}/secrets/outages.json`, 'utf8')).toBe('{}');
  });

  it('starts also when the file of outages is broken', async () => {
    configured({ startBudgetMs: 1000 });
    vault.file('.doorward/secrets/outages.json', '{"x":');
    expect(tokenOf(await start())).toBe(CANARY);
  });
});

describe('what was known last', () => {
  const POLICY = { startBudgetMs: 500, onStartFailure: 'last-known-good', lastKnownGoodMaxAgeMs: 3_600_000 };
  const FILE = '.doorward/secrets/last-known-good.sealed';

  it('is kept sealed, and used while the provider is down, with its age', async () => {
    configured(POLICY);
    await start();
    const { mode } = statSync(vault.path(FILE));
    expect(mode & 0o777).toBe(0o600);
    expect(readFileSync(vault.path(FILE), 'utf8')).toMatch(/^s1\.[0-9a-f]{16}\.[\w-]+$/);

    const had = clock.now();
    isDown(true);
    clock.advance(1_000_000);
    const outcome = await start();
    expect(tokenOf(outcome)).toBe(CANARY);
    const { keptSince } = outcome.loaded!.snapshot.get(SecretSnapshot);
    expect([...keptSince.keys()]).toEqual(['exec:keeper:house']);
    expect(Math.abs(had - keptSince.get('exec:keeper:house')!)).toBeLessThan(1000);
  });

  it('has an end', async () => {
    configured(POLICY);
    await start();
    isDown(true);
    clock.advance(3_600_000);
    expect((await start()).error).toMatchObject({ exitCode: 78 });
  });

  it('does not grow younger by being used', async () => {
    configured(POLICY);
    await start();
    isDown(true);
    for (let i = 0; i < 3; i += 1) {
      clock.advance(1_000_000);
      tokenOf(await start());
    }
    clock.advance(700_000);
    expect((await start()).error).toBeDefined();
  });

  it.each([
    ['of another provider', () => configured(POLICY, { args: ['other'] })],
    [
      'that was changed',
      () => writeFileSync(vault.path(FILE), readFileSync(vault.path(FILE), 'utf8').slice(0, -3) + 'abc'),
    ],
    ['that is no sealed text', () => writeFileSync(vault.path(FILE), '{}')],
  ])('%s is not taken', async (_, change) => {
    configured(POLICY);
    await start();
    change();
    isDown(true);
    expect((await start()).error).toMatchObject({ exitCode: 78 });
  });

  it('is neither kept nor used where nobody asked for it', async () => {
    configured(POLICY);
    await start();
    configured({ startBudgetMs: 0 });
    await start();
    expect(() => statSync(vault.path(FILE))).toThrow('ENOENT');
  });
});

describe('many secrets', () => {
  it('200 of four providers: one process each, as many at once as allowed, and the slowest alone decides', async () => {
    const slow = (name: string, ms: number): object => ({
      source: 'exec',
      timeoutMs: 120_000,
      command: vault.program(
        name,
        `ask(({ ids }) => {
          const from = Date.now();
          setTimeout(() => {
            fs.appendFileSync(__dirname + '/spans', JSON.stringify({ name: '${name}', ids: ids.length, from, to: Date.now() }) + '\\n');
            say({ protocolVersion: 1, values: Object.fromEntries(ids.map((id) => [id, '${name}/' + id])) });
          }, ${ms});
        });`,
      ),
    });
    const headers = (provider: string): object =>
      Object.fromEntries(
        Array.from({ length: 50 }, (_, i) => [`x-${i}`, { source: 'exec', provider, id: `key-${i % 40}` }]),
      );
    const names = ['one', 'two', 'three', 'four'];
    vault.config({
      secrets: { providers: Object.fromEntries(names.map((name, i) => [name, slow(name, i === 3 ? 2500 : 1500)])) },
      models: {
        providers: Object.fromEntries(
          names.map((name) => [name, { baseUrl: `https://${name}.example/v1`, headers: headers(name) }]),
        ),
      },
    });

    const { snapshot } = await vault.load();
    expect(snapshot.get(ModelsSettings).providers['three']?.headers?.['x-49']).toBe('three/key-9');
    const spans = readFileSync(vault.path('spans'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { name: string; ids: number; from: number; to: number });
    expect(spans.map(({ name, ids }) => `${name} ${ids}`).toSorted()).toEqual([
      'four 40',
      'one 40',
      'three 40',
      'two 40',
    ]);
    const latestStart = Math.max(...spans.map(({ from }) => from));
    const earliestEnd = Math.min(...spans.map(({ to }) => to));
    expect(latestStart).toBeLessThan(earliestEnd); // all four were under way at once
  });

  it('no more at once than secrets.resolution.maxProviderConcurrency', async () => {
    const span = (name: string): object => ({
      source: 'exec',
      timeoutMs: 120_000,
      command: vault.program(
        name,
        `const from = Date.now(); setTimeout(() => { fs.appendFileSync(__dirname + '/spans', JSON.stringify({ from, to: Date.now() }) + '\\n'); say('${CANARY}'); }, 300);`,
      ),
    });
    const names = ['a', 'b', 'c'];
    vault.config({
      secrets: {
        providers: Object.fromEntries(names.map((name) => [name, span(name)])),
        resolution: { maxProviderConcurrency: 1 },
      },
      models: {
        providers: Object.fromEntries(
          names.map((name) => [
            name,
            { baseUrl: `https://${name}.example/v1`, apiKey: { source: 'exec', provider: name, id: 'x' } },
          ]),
        ),
      },
    });
    await vault.load();
    const spans = readFileSync(vault.path('spans'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { from: number; to: number })
      .toSorted((a, b) => a.from - b.from);
    expect(spans).toHaveLength(3);
    expect(spans[1]!.from).toBeGreaterThanOrEqual(spans[0]!.to);
    expect(spans[2]!.from).toBeGreaterThanOrEqual(spans[1]!.to);
  });

  // prettier-ignore
  it.each([
    [{ maxRefsPerProvider: 2 }, 'is asked for 3 secrets, and 2 are allowed; raise secrets.resolution.maxRefsPerProvider'],
    [{ maxBatchBytes: 10 },     'is asked a question of more than 10 bytes; raise secrets.resolution.maxBatchBytes'],
  ])('beyond %j they are refused before anybody is asked', async (resolution, sentence) => {
    const reference = (id: string): object => ({ source: 'exec', provider: 'keeper', id });
    vault.config({
      secrets: { providers: { keeper: { source: 'exec', command: vault.path('keeper') } }, resolution },
      models: { providers: { a: { baseUrl: 'https://a.example', headers: { a: reference('a'), b: reference('b'), c: reference('c') } } } },
    });
    expect((await vault.refusal()).join()).toContain(sentence);
    expect(calls()).toBe(0);
  });
});

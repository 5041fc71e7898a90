import { writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { ConfigError } from '../../src/config/config-error.js';
import { ConfigService } from '../../src/config/config.service.js';
import { CredentialsService, type Need } from '../../src/credentials/credentials.service.js';
import { newStateDir } from '../helpers/embedded.js';
import { startGateway, type TestGateway } from '../helpers/gateway.js';
import { Vault } from '../secrets/vault.js';
import { apiKey, keyRef, startStocked, stock, type Stock } from './stocked.js';

const opened: TestGateway[] = [];
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close();
});

async function start(profiles: Stock, config: object = {}, environment: Record<string, string> = {}) {
  const gateway = await startStocked(profiles, { config: config as Record<string, unknown>, environment });
  opened.push(gateway);
  return gateway;
}

/** What a request would be given: the value, and what was passed over before it. */
async function given({ app }: TestGateway, need: Partial<Need> = {}): Promise<[string | undefined, string[]]> {
  const attempt = await app
    .get(CredentialsService, { strict: false })
    .attempt({ agent: 'main', provider: 'openai', ...need }, app.get(ConfigService).current);
  const choice = await attempt.next();
  return [choice?.value, attempt.steps.map(({ candidate, outcome }) => `${candidate}: ${outcome}`)];
}

const OPENAI = { agents: { defaults: { model: 'openai/gpt-5' } } };

describe('references in profiles', () => {
  it('are followed before the gateway listens', async () => {
    const gateway = await start({ main: { 'openai:default': keyRef('openai', 'TEAM_KEY') } }, OPENAI, {
      TEAM_KEY: 'sk-team',
    });
    await expect(given(gateway)).resolves.toEqual(['sk-team', []]);
    const states = await gateway.get('/api/v1/secrets');
    expect(states.body.items).toContainEqual(
      expect.objectContaining({
        path: 'agents/main/auth-profiles.json: openai:default.keyRef',
        source: 'env',
        id: 'TEAM_KEY',
        state: 'resolved',
      }),
    );
    expect(states.text).not.toContain('sk-team');
  });

  it('stop the start when a model of an agent needs one that leads nowhere', async () => {
    const starting = start({ main: { 'openai:default': keyRef('openai', 'MISSING') } }, OPENAI);
    await expect(starting).rejects.toThrow(ConfigError);
    await expect(starting).rejects.toThrow(/agents\/main\/auth-profiles\.json: openai:default\.keyRef.*MISSING/s);
  });

  // prettier-ignore
  it.each<[string, Stock, object]>([
    ['of a provider that no model names', { main: { 'groq:default': keyRef('groq', 'MISSING') } }, OPENAI],
    ['left out of the order',             { main: { 'openai:a': apiKey('openai', 'k'), 'openai:b': keyRef('openai', 'MISSING') } },
                                          { ...OPENAI, auth: { order: { openai: ['openai:a'] } } }],
    ['of an agent that is not there',     { gone: { 'openai:default': keyRef('openai', 'MISSING') } }, OPENAI],
    ['to a provider that is not there',   { main: { 'groq:x': { type: 'token', provider: 'groq', tokenRef: { source: 'exec', provider: 'vault', id: 'a' } } } }, OPENAI],
  ])('never stop it where nobody needs them: %s', async (_, profiles, config) => {
    const gateway = await start(profiles, config);
    expect((await gateway.get('/health')).status).toBe(200);
  });

  it('that nobody needs are followed all the same, for whoever asks', async () => {
    const profiles = { 'openai:default': apiKey('openai', 'k'), 'groq:default': keyRef('groq', 'GROQ_TEAM') };
    const gateway = await start({ main: profiles }, OPENAI, { GROQ_TEAM: 'gk' });
    await expect(given(gateway, { provider: 'groq' })).resolves.toEqual(['gk', []]);
  });

  it('of a login refuse the activation', async () => {
    const login = { type: 'oauth', provider: 'openai-codex', refresh: 'r', keyRef: { source: 'env', id: 'A' } };
    await expect(start({ main: { 'openai-codex:default': login } })).rejects.toThrow(/a login cannot be a reference/);
  });

  it('that come while it runs are followed when they are met', async () => {
    const gateway = await start({ main: {} }, OPENAI, { LATER: 'sk-later' });
    stock(gateway.stateDir, 'main', { 'openai:new': keyRef('openai', 'LATER') });
    await turn();
    await expect(given(gateway)).resolves.toEqual(['sk-later', []]);
  });

  it('that lead nowhere are passed over, and asked for again after a minute', async () => {
    const gateway = await start({ main: {} }, {}, { OPENAI_API_KEY: 'sk-env' });
    stock(gateway.stateDir, 'main', { 'openai:new': keyRef('openai', 'MISSING') });
    const skipped = ['profile openai:new: unresolved_ref'];
    await turn();

    await expect(given(gateway)).resolves.toEqual(['sk-env', skipped]);
    const before = gateway.log().length;
    await expect(given(gateway)).resolves.toEqual(['sk-env', skipped]);
    expect(gateway.log()).toHaveLength(before);
    gateway.clock.advance(60_000);
    await expect(given(gateway)).resolves.toEqual(['sk-env', skipped]);
  });

  it('that lead nowhere are asked for together, however many a status is about', async () => {
    const vault = new Vault();
    vault.keeper('keeper', {});
    const secrets = { providers: { keeper: { source: 'exec', command: vault.path('keeper'), timeoutMs: 120_000 } } };
    const gateway = await start({ main: {} }, { secrets });
    const lost = (id: string): object => ({
      ...keyRef('openai', id),
      keyRef: { source: 'exec', provider: 'keeper', id },
    });
    stock(gateway.stateDir, 'main', { 'openai:a': lost('a'), 'openai:b': lost('b'), 'openai:c': lost('c') });

    expect((await gateway.get('/api/v1/models/status')).status).toBe(200);
    expect(vault.calls('keeper').map(({ ids }) => ids)).toEqual([['a', 'b', 'c']]);
    vault.remove();
  });

  it('of a store that is damaged keep nobody out', async () => {
    const stateDir = newStateDir();
    writeFileSync(stock(stateDir, 'main', {}), '{"profiles": {"openai:default": {"key": "sk-canary');
    const gateway = await startGateway({ stateDir });
    opened.push(gateway);

    expect((await gateway.get('/health')).status).toBe(200);
    const choice = await gateway.get('/api/v1/models/choice?provider=openai');
    expect([choice.status, choice.body.error.code]).toEqual([503, 'unavailable']);
    const told = gateway.log().filter(({ msg }) => msg === 'credentials: the profiles of an agent cannot be read');
    expect(JSON.stringify(told)).toMatch(/auth-profiles\.json cannot be read as profiles/);
    expect(JSON.stringify(gateway.log()) + choice.text).not.toContain('canary');
  });
});

it('profiles in the database need one', async () => {
  const starting = start({}, { models: { store: 'database' } });
  await expect(starting).rejects.toThrow(/models\.store: is "database", and database\.mode is "none"/);
});

describe('what an agent inherits', () => {
  const AGENTS = { agents: { list: [{ id: 'main' }, { id: 'work' }] } };

  it("is the main agent's profiles, where it has none of its own; how they fare is everybody's", async () => {
    const profiles = { 'openai:default': apiKey('openai', 'main'), 'openai:b': apiKey('openai', 'b') };
    const gateway = await start({ main: profiles, work: { 'openai:default': apiKey('openai', 'own') } }, AGENTS);

    await expect(given(gateway, { agent: 'work' })).resolves.toEqual(['own', []]);
    await expect(given(gateway, { agent: 'work', pin: 'openai:b' })).resolves.toEqual(['b', []]);

    const { app } = gateway;
    const credentials = app.get(CredentialsService, { strict: false });
    const config = app.get(ConfigService).current;
    await given(gateway, { agent: 'main' }); // has looked before
    const attempt = await credentials.attempt({ agent: 'work', provider: 'openai', pin: 'openai:b' }, config);
    await attempt.next();
    attempt.failed({ kind: 'auth', message: 'no' });
    const explained = await credentials.explain({ agent: 'main', provider: 'openai' }, config);
    expect(explained.candidates.map(({ profileId, block }) => [profileId, block?.reason])).toEqual([
      ['openai:default', undefined],
      ['openai:b', 'auth'],
    ]);
    expect(explained.next).toBe('profile openai:default');
  });
});

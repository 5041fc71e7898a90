import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigService } from '../../src/config/config.service.js';
import { CredentialsService } from '../../src/credentials/credentials.service.js';
import { PROFILE_STORE, type ProfileStore } from '../../src/credentials/profile-store.js';
import { newStateDir } from '../helpers/embedded.js';
import { startGateway, type TestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';
import { apiKey, stock } from './stocked.js';

const opened: TestGateway[] = [];
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close();
});

const FAR = 4_000_000_000_000;

/** A gateway on whose machine somebody has signed in with Claude Code. */
async function withClaudeCode(config: Record<string, unknown> = {}): Promise<TestGateway> {
  const stateDir = newStateDir();
  const login = { accessToken: 'sk-ant-oat01-a', refreshToken: 'sk-ant-ort01-r', expiresAt: FAR };
  mkdirSync(join(stateDir, '.claude'));
  writeFileSync(join(stateDir, '.claude', '.credentials.json'), JSON.stringify({ claudeAiOauth: login }));
  const gateway = await startGateway({ stateDir, config });
  opened.push(gateway);
  return gateway;
}

const storeOf = ({ app }: TestGateway): ProfileStore => app.get<ProfileStore>(PROFILE_STORE, { strict: false });

describe('logins of other programs', () => {
  it('are taken over when the gateway starts, and used', async () => {
    const gateway = await withClaudeCode();
    const stored = async () => (await storeOf(gateway).read('main')).profiles['anthropic:claude-cli'];
    await until('the login', async () => (await stored()) !== undefined);
    expect(await stored()).toMatchObject({ type: 'oauth', provider: 'anthropic', access: 'sk-ant-oat01-a' });

    const credentials = gateway.app.get(CredentialsService, { strict: false });
    const need = { agent: 'main', provider: 'anthropic' };
    const attempt = await credentials.attempt(need, gateway.app.get(ConfigService).current);
    expect(await attempt.next()).toMatchObject({ kind: 'bearer', value: 'sk-ant-oat01-a' });
  });

  it('stay where they are on demand', async () => {
    const gateway = await withClaudeCode({ auth: { syncCliLogins: false } });
    gateway.clock.advance(20 * 60_000);
    expect(await storeOf(gateway).read('main')).toEqual({ version: 1, profiles: {} });
  });
});

describe('how profiles have fared', () => {
  const fileOf = (stateDir: string): { usageStats?: Record<string, object> } =>
    JSON.parse(readFileSync(join(stateDir, 'agents/main/agent/auth-profiles.json'), 'utf8')) as never;

  async function used(): Promise<TestGateway> {
    const stateDir = newStateDir();
    stock(stateDir, 'main', { 'openai:a': apiKey('openai', 'a'), 'openai:b': apiKey('openai', 'b') });
    const gateway = await startGateway({ stateDir });
    opened.push(gateway);
    const credentials = gateway.app.get(CredentialsService, { strict: false });
    const config = gateway.app.get(ConfigService).current;
    const attempt = await credentials.attempt({ agent: 'main', provider: 'openai', model: 'gpt-5' }, config);
    expect(await attempt.next()).toMatchObject({ value: 'a' });
    attempt.failed({ kind: 'rate_limit', message: 'too many requests' });
    expect(await attempt.next()).toMatchObject({ value: 'b' });
    attempt.succeeded();
    return gateway;
  }

  it('is stored five seconds later, and no request waits for it', async () => {
    const { stateDir, clock } = await used();
    expect(fileOf(stateDir)).not.toHaveProperty('usageStats');
    clock.advance(5000);
    await until('the usage', () => fileOf(stateDir).usageStats !== undefined);

    const now = clock.now() - 5000;
    expect(fileOf(stateDir).usageStats).toEqual({
      'openai:a': expect.objectContaining({ cooldownUntil: now + 60_000, cooldownModel: 'gpt-5', errorCount: 1 }),
      'openai:b': { lastUsed: now },
    });
  });

  it('is stored when the gateway ends, and known to the next one', async () => {
    const gateway = await used();
    opened.pop();
    await gateway.close();
    expect(fileOf(gateway.stateDir).usageStats).toMatchObject({ 'openai:b': { lastUsed: gateway.clock.now() } });
  });
});

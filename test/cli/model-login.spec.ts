import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Vault } from '../secrets/vault.js';
import { cli, type Outcome } from './in-process.js';
import { WHOLE_CONFIG } from './whole-config.js';

const SECRET = 'aSecretThatNobodyMaySee0123456789';

/** A provider at which one signs in with a code; `shown` is how its client presented itself, by path. */
class CodeProvider {
  readonly shown: [path: string, authorization: string | undefined][] = [];
  private readonly server: Server = createServer((request, response) => {
    this.shown.push([request.url!, request.headers.authorization]);
    const answer =
      request.url === '/device'
        ? { device_code: 'd', user_code: 'AB-CD', verification_uri: this.url('/page'), expires_in: 600, interval: 1 }
        : { access_token: 'at', refresh_token: 'rt', token_type: 'bearer', expires_in: 3600 };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });

  static async start(): Promise<CodeProvider> {
    const provider = new CodeProvider();
    provider.server.listen(0, '127.0.0.1');
    await once(provider.server, 'listening');
    return provider;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

describe("a client's secret that a program keeps", () => {
  let vault: Vault;
  let provider: CodeProvider;

  beforeEach(async () => {
    vault = new Vault();
    provider = await CodeProvider.start();
    vault.keeper('keeper', { acme: SECRET });
    vault.config({
      secrets: { providers: { keeper: { source: 'exec', command: vault.path('keeper') } } },
      models: { providers: { openai: { apiKey: { source: 'exec', provider: 'keeper', id: 'openai' } } } },
      auth: {
        providers: {
          acme: {
            deviceAuthorizationEndpoint: provider.url('/device'),
            tokenEndpoint: provider.url('/token'),
            clientId: 'c',
            clientSecret: { source: 'exec', provider: 'keeper', id: 'acme' },
          },
        },
      },
    });
  });
  afterEach(async () => {
    await provider.close();
    vault.remove();
  });

  const logIn = (flags: string, typed?: string): Promise<Outcome> =>
    cli(`models auth login --provider acme ${flags}`, {
      environment: { HOME: vault.home },
      ...WHOLE_CONFIG,
      pause: () => Promise.resolve(),
      ...(typed !== undefined && { stdin: Readable.from([typed]) }),
    });

  it('is asked for where somebody signs in as that client, and nothing else is', async () => {
    const { code, stdout, stderr } = await logIn('--method device-code');

    expect(code).toBe(0);
    const basic = `Basic ${Buffer.from(`c:${SECRET}`).toString('base64')}`;
    expect(provider.shown).toEqual([
      ['/device', basic],
      ['/token', basic],
    ]);
    expect(vault.calls('keeper').map(({ ids }) => ids)).toEqual([['acme']]);
    expect(stdout + stderr).not.toContain(SECRET);
    const stored = readFileSync(join(vault.state, 'agents', 'main', 'agent', 'auth-profiles.json'), 'utf8');
    expect(stored).toContain('"rt"');
    expect(stored).not.toContain(SECRET);
  });

  it('that cannot be had ends the sign-in before anybody is asked', async () => {
    vault.keeper('keeper', { down: 'yes' });
    const { code, stderr } = await logIn('--method device-code');

    expect([code, provider.shown]).toEqual([1, []]);
    expect(stderr).toContain('auth.providers.acme.clientSecret');
  });

  it('is nobody asked for where a key is stored', async () => {
    expect((await logIn('--method api-key --stdin', 'sk-key')).code).toBe(0);
    expect(vault.calls('keeper')).toEqual([]);
  });
});

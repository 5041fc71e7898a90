import { bearer, startGateway, type TestGateway } from '../helpers/gateway.js';
import { World } from '../helpers/world.js';
import { DIALECTS, connected } from '../helpers/ws-client.js';

const [ONE, OTHER] = ['1'.repeat(40), '2'.repeat(40)] as const;
const config = (token: string) => ({
  gateway: { auth: { token, loopback: 'deny', rateLimit: { maxAttempts: 1000 } } },
});

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  gateway = await startGateway({ config: config(ONE), database: 'embedded' });
  world = new World(gateway);
});

afterAll(() => gateway.close());

describe('S121: what a header says of its sender has no effect beside a credential of few rights', () => {
  const WORDS = ['owner', 'role', 'scopes', 'user', 'tenant', 'tenant-id', 'identity', 'groups', 'admin'];
  const headers = Object.fromEntries(
    ['x', 'x-openclaw', 'x-doorward', 'x-forwarded'].flatMap((prefix) =>
      WORDS.map((word) => [`${prefix}-${word}`, word.startsWith('scope') ? 'operator.admin' : 'admin']),
    ),
  );

  it('over REST', async () => {
    const { token } = await gateway.gatewayToken({ email: 'vera@example.com', role: 'viewer' });
    const plain = await gateway.get('/api/v1/whoami', bearer(token));
    const dressed = await gateway.get('/api/v1/whoami', { ...bearer(token), ...headers });
    expect(dressed.body).toEqual(plain.body);
    expect((await gateway.get('/api/v1/tokens', { ...bearer(token), ...headers })).status).toBe(403);
  });

  it.each(DIALECTS)('over $name', async (speech) => {
    const { token } = await gateway.gatewayToken({ email: 'vera@example.com', role: 'viewer' });
    const { client, hello } = await connected(gateway, speech, { auth: { token } }, { headers });
    expect(hello.auth).toMatchObject({ method: 'gateway-token', scopes: ['operator.read'] });
    client.close();
  });
});

it('S233: each caller is judged by one configuration, whatever is reloaded meanwhile', async () => {
  const outcomes: string[] = [];
  const call = async (token: string): Promise<void> => {
    const { status, body } = await gateway.get('/api/v1/whoami', bearer(token));
    outcomes.push(`${status} ${body.method ?? body.error.code}`);
  };
  for (let turn = 0; turn < 50; turn += 1) {
    const reload = world.configure(config(turn % 2 === 0 ? OTHER : ONE));
    await Promise.all([reload, ...Array.from({ length: 10 }, (_, n) => call(n % 2 === 0 ? ONE : OTHER))]);
  }
  expect(outcomes).toHaveLength(500);
  expect(new Set(outcomes)).toEqual(new Set(['200 token', '401 token_mismatch']));
  await world.forgive();
});

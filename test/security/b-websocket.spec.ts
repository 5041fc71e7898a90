import { MethodTable } from '../../src/gateway/method-table.js';
import { HOUSE_TOKEN, type TestGateway, startGateway } from '../helpers/gateway.js';
import { DOORS, knock } from '../helpers/knock.js';
import { local, request, talk } from '../helpers/raw-http.js';
import { FakeTailscaled, OWNER, serveHeaders } from '../helpers/tailscale.js';
import { World } from '../helpers/world.js';
import { connected, DIALECTS, type Frame, JSON_RPC, type Speech, WsClient } from '../helpers/ws-client.js';

const UI = 'https://ui.example';
const EVIL = 'https://evil.example';
const PROXY = '127.0.0.9';

let tailscaled: FakeTailscaled;
let gateway: TestGateway;
let world: World;

const settings = (auth: object = {}) => ({
  gateway: {
    trustedProxies: [PROXY],
    controlUi: { allowedOrigins: [UI] },
    tailscale: { mode: 'enabled', socket: tailscaled.socket },
    auth: { token: HOUSE_TOKEN, loopback: 'deny', ...auth },
  },
});

const TRUSTED_PROXY = { mode: 'trusted-proxy', trustedProxy: { userHeader: 'X-Forwarded-User' } };
const FROM_PROXY = { 'X-Forwarded-User': 'ana@example.com', 'X-Forwarded-For': '198.51.100.4' };

beforeAll(async () => {
  tailscaled = await FakeTailscaled.start();
  gateway = await startGateway({ config: settings(), database: 'embedded' });
  world = new World(gateway);
});
afterAll(async () => {
  await gateway.close();
  await tailscaled.stop();
});
afterEach(async () => {
  await world.forgive();
  await world.configure(settings());
});

/** How a `connect` with these params ends: the native error, and the close. */
async function refusedConnect(speech: Speech, params: object, headers?: Record<string, string>) {
  const client = await WsClient.open(gateway, { headers });
  const answer = (await client.ask(speech.call(1, 'connect', params))) as Frame;
  return { ...speech.failure(answer), close: (await client.closed).code };
}

describe('S016: the Origin is looked at in every mode, whatever else is good', () => {
  it.each([
    ['trusted-proxy, and the proxy names a user', TRUSTED_PROXY, FROM_PROXY, PROXY],
    ['Tailscale, and the tailnet knows the caller', {}, undefined, undefined],
    ['a token', { mode: 'token' }, {}, undefined],
    ['a password', { mode: 'password', password: 'the password of the house' }, {}, undefined],
    ['loopback', { loopback: 'allow' }, {}, undefined],
  ])('%s', async (_, auth, headers, from) => {
    await world.configure(settings(auth));
    const good = headers ?? serveHeaders(OWNER);
    for (const door of DOORS) {
      const shown = { token: HOUSE_TOKEN, headers: { ...good, origin: EVIL }, from };
      expect(await knock(gateway, door, shown)).toMatchObject({ status: 403, outcome: 'origin_not_allowed' });
      expect((await knock(gateway, door, { ...shown, headers: { ...good, origin: UI } })).outcome).not.toBe(
        'origin_not_allowed',
      );
    }
  });
});

describe('S018: that something was shown proves nothing', () => {
  it.each(DIALECTS)(
    'a wrong token beside a name of the tailnet opens no way around the device: $name',
    async (speech) => {
      const tailnet = serveHeaders(OWNER);
      const without = await refusedConnect(speech, { role: 'node' }, tailnet);
      const wrong = await refusedConnect(speech, { role: 'node', auth: { token: 'wrong' } }, tailnet);

      expect(without).toMatchObject({ code: 'NOT_PAIRED', close: 1008 });
      expect([wrong.code, wrong.message, wrong.close]).toEqual([without.code, without.message, without.close]);
      expect(await world.failures()).toEqual([expect.objectContaining({ failures: 1 })]);
    },
  );
});

describe('S020: a device that nobody has approved', () => {
  const stranger = { id: 'a'.repeat(64), publicKey: 'x', signature: 'x', signedAt: 1, nonce: 'x' };

  it.each(DIALECTS)('is not let in by the house key beside it, nor given a token: $name', async (speech) => {
    const params = { role: 'operator', scopes: ['operator.admin'], auth: { token: HOUSE_TOKEN }, device: stranger };
    const refused = await refusedConnect(speech, params);

    expect(refused.close).toBe(1008);
    expect(JSON.stringify(refused)).not.toMatch(/deviceToken"|dwd_/);
    expect(await world.rows('SELECT id FROM device_tokens')).toEqual([]);
  });
});

describe('S024: before connect', () => {
  const METHODS = [
    'config.get',
    'config.apply',
    'sessions.list',
    'chat.send',
    'node.list',
    'device.pair.list',
    'device.pair.approve',
    'system.run',
    'rpc.discover',
    '__proto__',
    'constructor',
    'toString',
  ];
  const all = () => [
    ...new Set([
      ...gateway.app
        .get(MethodTable, { strict: false })
        .all()
        .map(({ name }) => name),
      ...METHODS,
    ]),
  ];

  const FORMS: [name: string, frames: (speech: Speech, method: string) => unknown][] = [
    ['a call', (speech, method) => speech.call(1, method, {})],
    ['a notification', (speech, method) => ({ ...speech.call(1, method, {}), id: undefined })],
    [
      'a batch',
      (speech, method) => [speech.call(1, method, {}), speech.call(2, 'connect', { auth: { token: HOUSE_TOKEN } })],
    ],
    [
      'a batch that begins well',
      (speech, method) => [speech.call(2, 'connect', { auth: { token: HOUSE_TOKEN } }), speech.call(1, method, {})],
    ],
  ];

  it.each(DIALECTS.flatMap((speech) => FORMS.map(([form, of]) => ({ name: speech.name, form, speech, of }))))(
    '$name: $form of any method ends the socket, and nothing is done',
    async ({ speech, of }) => {
      expect(all().length).toBeGreaterThan(METHODS.length);
      for (const method of all()) {
        if (/^node\.pair\.(request|claim)$/.test(method)) continue; // the two that may come first
        const client = await WsClient.open(gateway);
        client.send(of(speech, method));
        const { code, reason } = await client.closed;
        expect([method, code, reason]).toEqual([method, 1008, expect.stringMatching(/^unauthorized/)]);
        const answered = (await client.next()) as Frame;
        expect([method, speech.result(answered ?? {})]).toEqual([method, undefined]);
      }
    },
  );

  it.each(DIALECTS)('$name: what is sent behind a connect that fails is never heard', async (speech) => {
    const client = await WsClient.open(gateway);
    client.send(speech.call(1, 'connect', { auth: { token: 'wrong' } }));
    client.send(speech.call(2, 'status', {}));
    const answers = [await client.next(), await client.next()];
    expect(answers[1]).toBeUndefined();
    expect((await client.closed).code).toBe(1008);
  });
});

describe('S025: a socket keeps the identity it came in with', () => {
  it.each(DIALECTS)(
    'a second connect ends it, alone or in the batch of a dialect that has them: $name',
    async (speech) => {
      const { token } = await world.person('viewer');
      const alone = (call: object): unknown => call;
      const batch = (call: object): unknown => [call];
      for (const again of speech === JSON_RPC ? [alone, batch] : [alone]) {
        const { client } = await connected(gateway, speech, { auth: { token } });
        client.send(again(speech.call(2, 'connect', { auth: { token: HOUSE_TOKEN }, scopes: ['operator.admin'] })));
        client.send(speech.call(3, 'system-presence', {}));
        const answers = JSON.stringify([await client.next(), await client.next(), await client.next()]);
        expect(answers).not.toContain('hello-ok');
        expect((await client.closed).code).toBe(1008);
      }
    },
  );
});

describe('S027: an origin is the same to the letter, or another one', () => {
  it.each([
    'https://ui.example.evil.com',
    'https://evil.com/ui.example',
    'https://evil.com?ui.example',
    'https://evil.com#https://ui.example',
    'https://ui.example@evil.com',
    'http://ui.example',
    'https://ui.example:8443',
    'https://ui.example:80',
    'https://ui.example.',
    'https://xui.example',
    'https://ui.example/',
    'wss://ui.example',
    'https://ui',
    '*',
    'null',
    'https://ui.example, https://ui.example',
    'https://ui.example https://evil.example',
    'https://uı.example',
  ])('%s is refused at every door', async (origin) => {
    for (const door of DOORS) {
      const shown = { token: HOUSE_TOKEN, headers: { origin: Buffer.from(origin).toString('latin1') } };
      expect(await knock(gateway, door, shown)).toMatchObject({ status: 403, outcome: 'origin_not_allowed' });
    }
  });

  it.each([UI, 'https://ui.example:443', 'HTTPS://UI.EXAMPLE'])('%s is the one that is allowed', async (origin) => {
    for (const door of DOORS) {
      expect((await knock(gateway, door, { token: HOUSE_TOKEN, headers: { origin } })).outcome).toBe('token');
    }
  });

  it('said on two lines it is nobody’s, in whatever order', async () => {
    const key = `Authorization: Bearer ${HOUSE_TOKEN}`;
    for (const [one, other] of [
      [UI, EVIL],
      [EVIL, UI],
      [UI, UI],
    ]) {
      const lines = [`Origin: ${one}`, `Origin: ${other}`, 'Connection: close'];
      const { replies } = await talk(local(gateway.port), request('GET /api/v1/whoami', [key, ...lines]));
      expect(replies.map(({ status }) => status)).toEqual([403]);
    }
  });
});

describe('S028: a cookie opens nothing', () => {
  const COOKIES = [
    `token=${HOUSE_TOKEN}`,
    `session=${HOUSE_TOKEN}`,
    `Authorization=Bearer ${HOUSE_TOKEN}`,
    `doorward=${HOUSE_TOKEN}`,
  ];

  it.each(DOORS)('%s', async (door) => {
    for (const cookie of COOKIES) {
      for (const headers of [{ cookie }, { cookie, origin: UI }] as Record<string, string>[]) {
        expect((await knock(gateway, door, { headers })).outcome).toBe('token_missing');
      }
    }
  });

  it('and none is ever set', async () => {
    for (const path of ['/health', '/api/v1/whoami', '/docs']) {
      const { headers } = await gateway.get(path, { authorization: `Bearer ${HOUSE_TOKEN}` });
      expect(headers['set-cookie']).toBeUndefined();
    }
  });
});

import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { createConnection } from 'node:net';
import { HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';
import { JSON_RPC, WsClient, connected } from '../helpers/ws-client.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({
    config: {
      gateway: {
        auth: { token: HOUSE_TOKEN, rateLimit: { maxAttempts: 3 } },
        trustedProxies: ['127.0.0.1'],
        controlUi: { allowedOrigins: ['https://ui.example'] },
      },
    },
  });
});

afterAll(() => gateway.close());

describe('an upgrade', () => {
  it.each(['/', '/ws', '/ws?whatever=1'])('is taken at %s', async (path) => {
    const client = await WsClient.open(gateway, { path });
    expect(client.challenge.event).toBe('connect.challenge');
    client.close();
  });

  it.each(['/other', '/ws/', '/api/v1/whoami'])('is not found at %s', async (path) => {
    const { status, body } = await WsClient.refusal(gateway, { path });
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ type: 'not_found', code: 'not_found', requestId: expect.any(String) });
  });

  it.each([
    'https://ui.example.evil.com',
    'https://evil.com/ui.example',
    'http://ui.example',
    'https://ui.example:8443',
    'null',
    'https://evil.example',
    'file://',
  ])('S027: from the origin %s is refused', async (origin) => {
    const { status, body } = await WsClient.refusal(gateway, { headers: { origin } });
    expect(status).toBe(403);
    expect(body.error).toMatchObject({ type: 'forbidden', code: 'origin_not_allowed' });
  });

  it('S027: with two origins is refused, also when both are good', async () => {
    const answer = await raw([
      'GET /ws HTTP/1.1',
      'Host: 127.0.0.1',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Origin: https://ui.example',
      'Origin: https://ui.example',
    ]);
    expect(answer).toMatch(/^HTTP\/1.1 403 /);
  });

  it.each(['https://ui.example', 'http://localhost:PORT', 'http://127.0.0.1:PORT'])(
    'S027: from the origin %s is taken',
    async (template) => {
      const origin = template.replace('PORT', String(gateway.port));
      const client = await WsClient.open(gateway, { headers: { origin } });
      client.close();
      expect(client.challenge.event).toBe('connect.challenge');
    },
  );

  it('takes no compression', async () => {
    const { client } = await connected(gateway, JSON_RPC, { auth: { token: HOUSE_TOKEN } });
    expect(client.socket.extensions).toBe('');
    client.close();
  });

  it.each([
    // case                       header lines                                                          status
    ['without a key', ['Sec-WebSocket-Version: 13'], 400],
    ['of version 8', ['Sec-WebSocket-Version: 8', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='], 400],
    ['of version 99', ['Sec-WebSocket-Version: 99', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='], 400],
    [
      'with a senseless protocol',
      [
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        `Sec-WebSocket-Protocol: a${' '.repeat(8000)}b`,
      ],
      400,
    ],
  ])('S206: %s is refused in JSON', async (_case, lines, status) => {
    const answer = await raw([
      'GET /ws HTTP/1.1',
      'Host: localhost',
      'Upgrade: websocket',
      'Connection: Upgrade',
      ...lines,
    ]);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('"code":"invalid_request"');
  });

  it('to HTTP/2 is passed over: the request is answered as it is, behind the same door', async () => {
    const h2c = ['Host: localhost', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'];
    const answer = await raw(['GET /health HTTP/1.1', ...h2c]);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toContain('{"ok":true,"status":"live"}');
    expect(await raw(['GET /api/v1/whoami HTTP/1.1', ...h2c, 'X-Forwarded-For: 203.0.113.77'])).toMatch(
      /^HTTP\/1.1 401 /,
    );
    expect(await raw(['POST /auth HTTP/1.1', ...h2c, 'Content-Length: 2', '', '{}'])).toMatch(/^HTTP\/1.1 4/);
  });

  it('to another protocol is hung up on after its answer, also by whoever keeps their own half open', async () => {
    const client = createConnection({
      port: Number(new URL(gateway.url).port),
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    const came = once(gateway.app.getHttpServer() as Server, 'request') as Promise<[IncomingMessage]>;
    client.write('GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    const [{ socket }] = await came;
    await once(client.resume(), 'end');
    await until('the connection is gone', () => socket.destroyed, 5000);
    client.destroy();
  });

  it('S206: with more than 1000 headers is refused, and the gateway lives on', async () => {
    const headers = Array.from({ length: 2100 }, () => 'a:');
    const answer = await raw([
      'GET /ws HTTP/1.1',
      'Host: localhost',
      ...headers,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ]);
    expect(answer).toMatch(/^HTTP\/1.1 4(00|31) /);
    expect((await gateway.get('/health')).status).toBe(200);
  });

  it('of a blocked address is refused with 429, and another address is not', async () => {
    const bad = { headers: { 'x-forwarded-for': '203.0.113.9' } };
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const client = await WsClient.open(gateway, bad);
      await client.ask(JSON_RPC.call(1, 'connect', { auth: { token: `wrong ${attempt}` } }));
      await client.closed;
    }
    const { status, headers, body } = await WsClient.refusal(gateway, bad);
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(body.error).toMatchObject({
      message: 'Too many failed authentication attempts. Please try again later.',
      type: 'rate_limited',
    });
    expect(
      (await gateway.get('/api/v1/whoami', { ...bad.headers, authorization: `Bearer ${HOUSE_TOKEN}` })).status,
    ).toBe(429);

    const good = { headers: { 'x-forwarded-for': '203.0.113.10' } };
    const { client } = await connected(gateway, JSON_RPC, { auth: { token: HOUSE_TOKEN } }, good);
    client.close();
  });

  it('answers a connect of an address that was blocked meanwhile with rate_limited', async () => {
    const from = { headers: { 'x-forwarded-for': '203.0.113.20' } };
    const waiting = await WsClient.open(gateway, from);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await gateway.get('/api/v1/whoami', { ...from.headers, authorization: `Bearer wrong ${attempt}` });
    }
    const answer = await waiting.ask(JSON_RPC.call(1, 'connect', { auth: { token: HOUSE_TOKEN } }));
    expect(answer.error).toMatchObject({
      code: -32029,
      data: {
        code: 'INVALID_REQUEST',
        message: 'unauthorized: too many failed authentication attempts (retry later)',
        details: { code: 'AUTH_RATE_LIMITED', recommendedNextStep: 'wait_then_retry' },
        retryable: true,
        retryAfterMs: expect.any(Number),
      },
    });
    expect(await waiting.closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^unauthorized/) });
  });
});

/** Sends a request as it is written, and resolves with all that comes back. */
function raw(lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(gateway.port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.on('error', reject).on('close', () => resolve(text));
  });
}

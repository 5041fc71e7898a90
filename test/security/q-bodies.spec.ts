import { HOUSE_TOKEN, type TestGateway, startGateway } from '../helpers/gateway.js';
import { gzipSync } from 'node:zlib';
import { local, RawConnection, type RawReply, request, talk } from '../helpers/raw-http.js';
import { until } from '../helpers/until.js';
import { World } from '../helpers/world.js';
import { closedRoutes } from './routes.js';

const MEGABYTE = 1 << 20;
const ENDLESS = 200 * MEGABYTE;
/** What may lie in the buffers of two sockets when the gateway hangs up. */
const IN_FLIGHT = 16 * MEGABYTE;
const REQUEST_TIMEOUT_MS = 1000;

const KEY = `Authorization: Bearer ${HOUSE_TOKEN}`;
const JSON_BODY = 'Content-Type: application/json';

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  gateway = await startGateway({
    config: {
      gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' }, http: { requestTimeoutMs: REQUEST_TIMEOUT_MS } },
    },
  });
  world = new World(gateway);
});
afterAll(() => gateway.close());
afterEach(() => world.forgive());

const dial = () => local(gateway.port)();
const statuses = (replies: readonly RawReply[]): number[] => replies.map(({ status }) => status);

/** Goes on writing a body until the gateway hangs up; how much it took. */
async function pour(connection: RawConnection, most: number, chunked = false): Promise<number> {
  const part = Buffer.alloc(65_536, 'x');
  const piece = chunked ? Buffer.concat([Buffer.from('10000\r\n'), part, Buffer.from('\r\n')]) : part;
  let poured = 0;
  while (!connection.closed && poured < most) {
    if (connection.unsent < MEGABYTE) {
      connection.write(piece);
      poured += part.length;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const left = connection.unsent;
  connection.hangUp();
  return poured - left;
}

describe('S204: a body that nobody asked for', () => {
  const HEADS: [name: string, head: string, status: number][] = [
    ['a stranger’s, of 200 MB', request('POST /api/v1/tokens', [JSON_BODY, `Content-Length: ${ENDLESS}`]), 401],
    ['a stranger’s, chunked', request('POST /api/v1/tokens', [JSON_BODY, 'Transfer-Encoding: chunked']), 401],
    ['a stranger’s, with GET', request('GET /api/v1/whoami', [JSON_BODY, `Content-Length: ${ENDLESS}`]), 401],
    ['to no route', request('POST /nothing', [JSON_BODY, `Content-Length: ${ENDLESS}`]), 404],
    ['to no route, chunked', request('POST /nothing', [JSON_BODY, 'Transfer-Encoding: chunked']), 404],
    ['to a probe', request('POST /health', [JSON_BODY, `Content-Length: ${ENDLESS}`]), 405],
    [
      'of another type',
      request('POST /api/v1/tokens', [KEY, 'Content-Type: text/plain', `Content-Length: ${ENDLESS}`]),
      415,
    ],
    ['an admin’s, too long', request('POST /api/v1/tokens', [KEY, JSON_BODY, `Content-Length: ${ENDLESS}`]), 413],
    [
      'packed',
      request('POST /api/v1/tokens', [KEY, JSON_BODY, 'Content-Encoding: gzip', 'Transfer-Encoding: chunked']),
      415,
    ],
  ];

  it.each(HEADS)('%s: is answered before it comes, and not taken', async (_, head, status) => {
    const connection = new RawConnection(dial);
    connection.write(head);
    const replies = await connection.answers(1);
    const taken = await pour(connection, ENDLESS, head.includes('chunked'));

    expect(statuses(replies)).toEqual([status]);
    expect(replies[0]!.headers['connection']).toBe('close');
    expect(taken).toBeLessThan(IN_FLIGHT);
  });

  it('an admin’s, chunked and without end, is cut off at the limit', async () => {
    const connection = new RawConnection(dial);
    connection.write(request('POST /api/v1/tokens', [KEY, JSON_BODY, 'Transfer-Encoding: chunked']));
    const taken = await pour(connection, ENDLESS, true);

    expect(statuses(connection.replies)).toEqual([413]);
    expect(taken).toBeLessThan(IN_FLIGHT);
  });

  it('a hundred strangers with 200 MB each leave no memory behind', async () => {
    const before = process.memoryUsage().rss;
    const connections = Array.from({ length: 100 }, () => new RawConnection(dial));
    for (const connection of connections) {
      connection.write(request('POST /api/v1/tokens', [JSON_BODY, `Content-Length: ${ENDLESS}`]));
      connection.write(Buffer.alloc(65_536, 'x'));
    }
    await Promise.all(connections.map((connection) => connection.end()));
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MEGABYTE);
  });

  it('whoever waits to be asked for a body is asked when known, and not before', async () => {
    const lines = [JSON_BODY, 'Content-Length: 2', 'Expect: 100-continue', 'Connection: close'];
    const stranger = await talk(dial, request('POST /api/v1/tokens', lines));
    expect(statuses(stranger.replies)).toEqual([401]);

    const connection = new RawConnection(dial);
    connection.write(request('DELETE /api/v1/rate-limits/192.0.2.7', [KEY, ...lines]));
    await until('an invitation', () => connection.replies.length > 0);
    expect(statuses(connection.replies)).toEqual([100]);
    connection.write('{}');
    expect(statuses(await connection.answers(1))).toEqual([100, 204]);
  });
});

describe('S213: a packed body', () => {
  const bomb = gzipSync(Buffer.alloc(256 * MEGABYTE));

  it.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip', 'GZIP'])('in %s is not unpacked', async (encoding) => {
    const before = process.memoryUsage().rss;
    const connection = new RawConnection(dial);
    const length = `Content-Length: ${bomb.length}`;
    connection.write(request('POST /api/v1/tokens', [KEY, JSON_BODY, `Content-Encoding: ${encoding}`, length]));
    connection.write(bomb);
    const replies = await connection.answers(1);
    connection.hangUp();

    expect(statuses(replies)).toEqual([415]);
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * MEGABYTE);
  });
});

describe('S224: what follows an early refusal in the same bytes', () => {
  const SMUGGLED = request(`GET /api/v1/whoami`, [KEY]);
  const INSIDE = [JSON_BODY, `Content-Length: ${SMUGGLED.length}`];

  it.each([
    ['a stranger’s body', request('POST /api/v1/tokens', INSIDE, SMUGGLED), 401],
    ['the body of no route', request('POST /nothing', INSIDE, SMUGGLED), 404],
    ['the body of GET', request('GET /api/v1/whoami', INSIDE, SMUGGLED), 401],
    ['the body of HEAD', request('HEAD /api/v1/whoami', INSIDE, SMUGGLED), 401],
  ])('%s is never a request', async (name, bytes, status) => {
    const connection = new RawConnection(dial, name.endsWith('HEAD'));
    connection.write(bytes);
    await connection.answers(1);
    connection.write(request('GET /health', ['Connection: close']));
    await connection.end();

    // Either it was thrown away and the connection goes on, or the connection is over.
    expect([[status], [status, 200]]).toContainEqual(statuses(connection.replies));
  });

  it('nor what follows a body that is too long', async () => {
    const connection = new RawConnection(dial);
    connection.write(request('POST /api/v1/tokens', [KEY, JSON_BODY, `Content-Length: ${ENDLESS}`], SMUGGLED));
    await connection.end();
    expect(statuses(connection.replies)).toEqual([413]);
  });

  it('two requests at once are two, each judged by itself', async () => {
    const both = request('GET /api/v1/whoami', [KEY]) + request('GET /api/v1/whoami', ['Connection: close']);
    const { replies } = await talk(dial, both, { answers: 2 });
    expect(statuses(replies)).toEqual([200, 401]);
  });
});

describe('4.2.1: one rule for where a message ends', () => {
  const CHUNKED = 'Transfer-Encoding: chunked';
  const TAIL = `0\r\n\r\n${request('GET /api/v1/whoami', [KEY])}`;

  it.each([
    ['both lengths', ['Content-Length: 5', CHUNKED]],
    ['both lengths, the other way round', [CHUNKED, 'Content-Length: 5']],
    ['two different lengths', ['Content-Length: 5', 'Content-Length: 6']],
    ['two lengths in one', ['Content-Length: 5, 6']],
    ['a signed length', ['Content-Length: +5']],
    ['a hexadecimal length', ['Content-Length: 0x5']],
    ['a negative length', ['Content-Length: -5']],
    ['an unknown coding', ['Transfer-Encoding: xchunked']],
    ['chunked that is not last', ['Transfer-Encoding: chunked, identity']],
    ['a blank before the colon', ['Transfer-Encoding : chunked']],
    ['a folded line', ['Transfer-Encoding:', ' chunked']],
    ['a bare line feed', ['X: y\nTransfer-Encoding: chunked']],
    ['a bare carriage return', ['X: y\rTransfer-Encoding: chunked']],
  ])('%s: refused, and the connection ended', async (_, lines) => {
    const { replies, closed } = await talk(dial, request('POST /api/v1/tokens', [KEY, JSON_BODY, ...lines], TAIL), {
      answers: 3,
    });
    expect(statuses(replies)).toEqual([400]);
    expect(closed).toBe(true);
  });

  it.each([
    ['a chunk size that is none', 'xyz\r\n'],
    ['a chunk size beyond all numbers', `${'f'.repeat(17)}\r\n`],
    ['a chunk longer than it says', '1\r\nab\r\n0\r\n\r\n'],
    ['a chunk that ends in a bare line feed', '1\na\n0\n\n'],
  ])('%s: refused, and the connection ended', async (_, body) => {
    const bytes = request('POST /api/v1/tokens', [KEY, JSON_BODY, CHUNKED], body);
    const connection = new RawConnection(dial);
    connection.write(bytes);
    await connection.end();
    expect(statuses(connection.replies)).toEqual([400]);
  });
});

describe('S206: many headers', () => {
  const FILLER = Array<string>(2100).fill('a: ');

  it('push none behind them out: a forwarded caller stays forwarded, a credential counts', async () => {
    await world.configure({ gateway: { auth: { token: HOUSE_TOKEN } } });
    const forwarded = await talk(dial, request('GET /api/v1/whoami', [...FILLER, 'X-Forwarded-For: 198.51.100.4']));
    expect(statuses(forwarded.replies)).toEqual([401]);
    const known = await talk(dial, request('GET /api/v1/whoami', [...FILLER, 'X-Forwarded-For: 198.51.100.4', KEY]));
    expect(statuses(known.replies)).toEqual([200]);
    await world.configure({ gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } });
  });

  it('of an upgrade are refused, and the gateway goes on', async () => {
    const upgrade = [
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ];
    expect(statuses((await talk(dial, request('GET /ws', [...FILLER, ...upgrade]))).replies)).toEqual([431]);
    expect(statuses((await talk(dial, request('GET /ws', [...upgrade, ...FILLER]))).replies)).toEqual([431]);
    expect(statuses((await talk(dial, request('GET /health'))).replies)).toEqual([200]);
  });

  it('of more than 16 KiB in all are refused', async () => {
    const { replies } = await talk(dial, request('GET /health', Array<string>(1000).fill(`a: ${'x'.repeat(20)}`)));
    expect(statuses(replies)).toEqual([431]);
  });

  it('a list of subprotocols made of blanks costs next to nothing', async () => {
    const upgrade = [
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ];
    const from = process.cpuUsage();
    for (let i = 0; i < 20; i += 1) {
      const blanks = `Sec-WebSocket-Protocol: b${' '.repeat(14_000)}x`;
      expect(statuses((await talk(dial, request('GET /ws', [...upgrade, blanks]))).replies)).toEqual([400]);
    }
    // The slow expression took seconds for each of them.
    expect(process.cpuUsage(from).user / 1000).toBeLessThan(2000);
  });
});

describe('what cannot be read as a request', () => {
  const NAMELESS = ['Connection: keep-alive', KEY].join('\r\n');

  it.each([
    ['no Host', `GET /health HTTP/1.1\r\n${NAMELESS}\r\n\r\n`, 400],
    ['no Host, to a closed route', `GET /api/v1/whoami HTTP/1.1\r\n${NAMELESS}\r\n\r\n`, 400],
    ['no Host, to a route that is none', `GET /none HTTP/1.1\r\n${NAMELESS}\r\n\r\n`, 400],
    ['no Host, and a body', `POST /api/v1/tokens HTTP/1.1\r\n${NAMELESS}\r\nContent-Length: 9\r\n\r\n`, 400],
    ['no Host, for another protocol', 'GET /health HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n', 400],
    ['a name with a blank', request('GET /health', ['Bad Name: x']), 400],
    ['headers that are too large', request('GET /health', [`X-Large: ${'x'.repeat(20_000)}`]), 431],
    ['a method that is none', request('GEX /health'), 501],
  ])('%s: is told why in our own shape, and hung up on', async (_, bytes, status) => {
    const connection = new RawConnection(dial);
    connection.write(bytes);
    await connection.end();
    connection.hangUp();

    expect(statuses(connection.replies)).toEqual([status]);
    const [{ headers, body }] = connection.replies as [RawReply];
    expect(headers['connection']).toBe('close');
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(body)).toEqual({
      error: expect.objectContaining({
        type: 'invalid_request_error',
        code: expect.any(String),
        message: expect.any(String),
      }),
    });
  });

  it('HTTP/1.0 needs no Host', async () => {
    expect(statuses((await talk(dial, 'GET /health HTTP/1.0\r\n\r\n')).replies)).toEqual([200]);
  });
});

describe('S203: whoever dawdles', () => {
  const CROWD = 250;

  it('with headers or body is hung up on after the deadline; others are served meanwhile', async () => {
    const crowd = Array.from({ length: CROWD }, (_, i) => {
      const connection = new RawConnection(dial);
      const [headers, body] = [
        'GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
        request('POST /api/v1/tokens', [KEY, JSON_BODY, 'Content-Length: 1000']),
      ];
      connection.write(i % 2 === 0 ? headers : body);
      return connection;
    });
    const dripping = setInterval(() => crowd.forEach((connection) => connection.write('{')), 250);
    try {
      expect(statuses((await talk(dial, request('GET /health'))).replies)).toEqual([200]);
      expect(statuses((await talk(dial, request('GET /api/v1/whoami', [KEY]))).replies)).toEqual([200]);
      await Promise.all(crowd.map((connection) => connection.end()));
    } finally {
      clearInterval(dripping);
    }
    for (const { replies } of crowd) expect(statuses(replies)).toEqual([408]);
  });

  it('a stranger’s slow body is not waited for at all', async () => {
    const connection = new RawConnection(dial);
    connection.write(request('POST /api/v1/tokens', [JSON_BODY, 'Content-Length: 1000'], '{'));
    expect(statuses(await connection.answers(1))).toEqual([401]);
    connection.hangUp();
  });

  it('every route that takes a body is closed before it is read', async () => {
    // The exchange knows two kinds of tokens, and reads its small body before it asks which of them was shown.
    const taking = closedRoutes(gateway).filter(
      ({ method, path }) => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) && path !== '/auth/gateway-token',
    );
    expect(taking.length).toBeGreaterThan(2);
    for (const { method, url } of taking) {
      const connection = new RawConnection(dial);
      connection.write(request(`${method} ${url}`, [JSON_BODY, 'Content-Length: 1000'], '{'));
      expect([url, ...statuses(await connection.answers(1))]).toEqual([url, 401]);
      connection.hangUp();
    }
  });
});

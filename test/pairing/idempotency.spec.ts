import { randomUUID } from 'node:crypto';
import { request as httpRequest, type Server } from 'node:http';
import { Controller, Module, Post } from '@nestjs/common';
import type { Scope } from '../../src/kernel/scopes.js';
import { bearer, HOUSE_TOKEN, type Reply, startGateway, type TestGateway } from '../helpers/gateway.js';
import { askToPair } from '../helpers/pairing.js';
import { until } from '../helpers/until.js';
import { World } from '../helpers/world.js';

const SLOW = '/slow';

/** A route whose answer waits for the test. */
const slow = { entered: 0, goOn: (): void => {} };

@Controller('slow')
class SlowController {
  @Post()
  async answer(): Promise<{ entered: number }> {
    slow.entered += 1;
    const { entered } = slow;
    await new Promise<void>((resolve) => (slow.goOn = resolve));
    return { entered };
  }
}

@Module({ controllers: [SlowController] })
class SlowModule {}

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  const auth = { token: HOUSE_TOKEN, loopback: 'deny' };
  gateway = await startGateway({ config: { gateway: { auth } }, database: 'embedded', modules: [SlowModule] });
  world = new World(gateway);
});
afterAll(() => gateway.close());
beforeEach(async () => {
  slow.entered = 0;
  await world.rows('DELETE FROM device_invites');
});

type Headers = Record<string, string>;

const INVITES = '/api/v1/devices/invites';
const admin = bearer(HOUSE_TOKEN);
const key = (): Headers => ({ 'idempotency-key': randomUUID() });

const post = (path: string, headers: Headers, body: unknown = {}): Promise<Reply> =>
  gateway.call(path, { method: 'POST', headers, body });

const invitesMade = async (): Promise<number> => (await world.rows('SELECT 1 FROM device_invites')).length;
const replayed = ({ headers }: Reply): boolean => headers['idempotent-replayed'] === 'true';

describe('the same key again', () => {
  it('gets the same answer, token and all, and nothing is done twice', async () => {
    const headers = { ...admin, ...key() };
    const first = await post(INVITES, headers, { role: 'operator', ttl: 60 });
    const second = await post(INVITES, headers, { ttl: 60, role: 'operator' });

    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.text).toBe(first.text);
    expect([replayed(first), replayed(second)]).toEqual([false, true]);
    expect(second.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': first.headers['content-type'],
    });
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(await invitesMade()).toBe(1);
    expect(JSON.stringify(gateway.log())).not.toContain(first.body.setupCode);
  });

  it('gets the answer of a rotation again, and the token in it is still good', async () => {
    const { id } = await world.device();
    const headers = { ...admin, ...key() };
    const rotate = (): Promise<Reply> => post(`/api/v1/devices/${id}/token/rotate`, headers, { deliver: true });
    const [first, second] = [await rotate(), await rotate()];

    expect(second.body).toEqual(first.body);
    expect((await gateway.get('/api/v1/whoami', bearer(second.body.token))).status).toBe(200);
  });

  it('gets a "no" again that was about the request', async () => {
    const headers = { ...admin, ...key() };
    const path = `/api/v1/devices/pending/${randomUUID()}/approve`;
    const [first, second] = [await post(path, headers), await post(path, headers)];

    expect([first.status, second.status, replayed(second)]).toEqual([404, 404, true]);
    expect(second.text).toBe(first.text);
  });

  it('is tried again after a "no" that was about the caller', async () => {
    const { requestId } = await askToPair(world, { scopes: ['operator.admin'] });
    const { token } = await gateway.gatewayToken({ role: 'admin', scopes: ['operator.pairing'] });
    const headers = { ...bearer(token), ...key() };
    const path = `/api/v1/devices/pending/${requestId}/approve`;
    const replies = [await post(path, headers), await post(path, headers)];

    expect(replies.map((reply) => [reply.status, replayed(reply)])).toEqual([
      [403, false],
      [403, false],
    ]);
  });

  it('at once: one is carried out, the others wait for its answer', async () => {
    const headers = { ...admin, ...key() };
    const asked = Array.from({ length: 20 }, () => post(SLOW, headers));
    await until('all to arrive', async () => slow.entered > 0 && (await connections()) === 20);
    slow.goOn();
    const replies = await Promise.all(asked);

    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies.filter((reply) => !replayed(reply))).toHaveLength(1);
    expect(slow.entered).toBe(1);
  });

  it('at once, where no answer is kept: each is carried out, one after the other', async () => {
    const { token } = await gateway.gatewayToken({ role: 'admin', scopes: ['operator.pairing'] });
    const headers = { ...bearer(token), ...key() };
    const replies = await Promise.all(Array.from({ length: 5 }, () => post(INVITES, headers)));

    expect(replies.map((reply) => `${reply.status} ${replayed(reply)}`)).toEqual(Array(5).fill('403 false'));
  });

  it('gets the answer that nobody waited for', async () => {
    const headers = { ...admin, ...key() };
    const left = httpRequest({ host: '127.0.0.1', port: gateway.port, path: SLOW, method: 'POST', headers });
    left.on('error', () => {});
    left.end();
    await until('the request to arrive', () => slow.entered === 1);
    left.destroy();
    await until('the connection to be gone', async () => (await connections()) === 0);
    const again = post(SLOW, headers);
    await until('the next one to arrive', async () => (await connections()) === 1);
    slow.goOn();

    expect([(await again).status, replayed(await again)]).toEqual([201, true]);
    expect(slow.entered).toBe(1);
  });

  it('is free again after a day', async () => {
    const headers = { ...admin, ...key() };
    const first = await post(INVITES, headers);
    const age = (by: string) => world.rows(`UPDATE idempotent_answers SET expires_at = expires_at - interval '${by}'`);
    await age('23 hours 59 minutes');
    expect((await post(INVITES, headers)).text).toBe(first.text);
    await age('1 minute');
    expect(replayed(await post(INVITES, headers))).toBe(false);
    expect(await invitesMade()).toBe(2);
  });
});

describe('the same key for something else', () => {
  // prettier-ignore
  it.each([
    ['another body',  INVITES,                     { ttl: 60 }],
    ['another path',  '/api/v1/tokens',            {}],
    ['another query', `${INVITES}?x=1`,            {}],
  ])('%s is a conflict', async (_, path, body) => {
    const headers = { ...admin, ...key() };
    await post(INVITES, headers);
    const reply = await post(path, headers, body);

    expect([reply.status, reply.body.error.code]).toEqual([409, 'conflict']);
    expect(reply.body.error.message).toContain('Idempotency-Key');
    expect(await invitesMade()).toBe(1);
  });

  it('is a conflict at once while the first is under way', async () => {
    const headers = { ...admin, ...key() };
    const first = post(SLOW, headers);
    await until('the request to arrive', () => slow.entered === 1);
    expect((await post(SLOW, headers, { other: 1 })).status).toBe(409);
    slow.goOn();
    expect((await first).status).toBe(201);
  });
});

describe('a key is the own of its caller', () => {
  it('another one gets an answer of their own, and so does the same one with fewer scopes', async () => {
    const named = key();
    const email = `${randomUUID()}@example.com`;
    const callers = [admin, bearer((await world.tenantToken()).token)];
    for (const scopes of [['operator.admin'], ['operator.pairing', 'operator.write']] as Scope[][]) {
      callers.push(bearer((await gateway.gatewayToken({ email, role: 'admin', scopes })).token));
    }
    const replies = [];
    for (const headers of callers) replies.push(await post(INVITES, { ...headers, ...named }));

    expect(replies.map((reply) => `${reply.status} ${replayed(reply)}`)).toEqual(Array(4).fill('201 false'));
    expect(await invitesMade()).toBe(4);
  });

  it('whoever is not let in any more gets no answer again', async () => {
    const { token, id } = await gateway.gatewayToken({ role: 'admin' });
    const headers = { ...bearer(token), ...key() };
    expect((await post(INVITES, headers)).status).toBe(201);
    await world.change({ kind: 'gateway-token', id }, 'UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1');

    const reply = await post(INVITES, headers);
    expect([reply.status, replayed(reply)]).toEqual([401, false]);
  });
});

describe('the header', () => {
  it.each([[''], ['with blanks'], ['x'.repeat(256)], ['ü']])('%j is refused', async (value) => {
    const reply = await post(INVITES, { ...admin, 'idempotency-key': value });
    expect([reply.status, reply.body.error.code]).toEqual([400, 'invalid_request']);
    expect(await invitesMade()).toBe(0);
  });

  it('stands on every POST of the API document, but those that ask a model', async () => {
    const { paths } = (await gateway.get('/openapi.json', admin)).body;
    const posts = Object.entries(paths as Record<string, { post?: { parameters: { name: string }[] } }>).flatMap(
      ([path, { post: operation }]) => (path.startsWith('/v1/') ? [] : (operation ?? [])),
    );
    expect(posts.length).toBeGreaterThan(5);
    for (const { parameters } of posts) expect(parameters.map(({ name }) => name)).toContain('Idempotency-Key');
  });
});

function connections(): Promise<number> {
  const server: Server = gateway.app.getHttpServer();
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

import { randomUUID } from 'node:crypto';
import { Changes } from '../../src/storage/changes.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { World } from '../helpers/world.js';
import { connected, NATIVE } from '../helpers/ws-client.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } },
    database: 'embedded',
  });
});

afterAll(() => gateway.close());

/** Resolves when every notice that was given so far has been heard. */
function allHeard(): Promise<void> {
  const changes = new World(gateway).get(Changes);
  const marker = randomUUID();
  return new Promise((resolve) => {
    const stop = changes.subscribe(({ id }) => {
      if (id !== marker) return;
      stop();
      resolve();
    });
    void changes.publish({ kind: 'session', id: marker });
  });
}

it('another token of the same person leaves open what the first one opened', async () => {
  const issue = async (): Promise<string> => {
    const body = { user: 'ana@example.com', role: 'member' };
    const reply = await gateway.call('/api/v1/tokens', { method: 'POST', headers: bearer(HOUSE_TOKEN), body });
    return reply.body.token;
  };
  const { client } = await connected(gateway, NATIVE, { auth: { token: await issue() } });
  await issue();
  await allHeard();
  expect(NATIVE.result(await client.ask(NATIVE.call(2, 'health')))).toMatchObject({ ok: true });
  client.close();
});

import { hash } from '@node-rs/argon2';
import { HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { World } from '../helpers/world.js';
import { type Caller, callerOf, newAddress, PASSWORD } from './people.js';

let gateway: TestGateway;
let world: World;
let post: Caller;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN } }, accounts: { registration: 'open' } },
    database: 'embedded',
  });
  world = new World(gateway);
  post = callerOf(gateway);
});
afterAll(() => gateway.close());
beforeEach(() => world.forgive());

const hashOf = async (userId: string): Promise<string> => {
  const [row] = await world.rows<{ phc: string }>('SELECT phc FROM user_passwords WHERE user_id = $1', [userId]);
  return row!.phc;
};

it('a password is kept as Argon2id, 19 MiB and two passes, with a salt of its own', async () => {
  const hashes: string[] = [];
  for (let i = 0; i < 2; i++) {
    const { body } = await post('/auth/register', { email: newAddress(), password: PASSWORD });
    hashes.push(await hashOf(body.user.id));
  }

  for (const phc of hashes) expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(hashes[0]).not.toBe(hashes[1]);
});

it('a hash of weaker parameters is renewed when its owner signs in, and by nothing else', async () => {
  const email = newAddress();
  const { body } = await post('/auth/register', { email, password: PASSWORD });
  const weak = await hash(PASSWORD, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
  await world.rows('UPDATE user_passwords SET phc = $2 WHERE user_id = $1', [body.user.id, weak]);

  expect((await post('/auth/login', { email, password: 'Wrong-Horse-9' })).status).toBe(401);
  expect(await hashOf(body.user.id)).toBe(weak);

  expect((await post('/auth/login', { email, password: PASSWORD })).status).toBe(200);
  const renewed = await hashOf(body.user.id);
  expect(renewed).toMatch(/m=19456,t=2,p=1/);

  expect((await post('/auth/login', { email, password: PASSWORD })).status).toBe(200);
  expect(await hashOf(body.user.id)).toBe(renewed);
});

it('a flood of sign-ins fills the queue, is told when to come back, and stops nobody else', async () => {
  const { token } = await world.person();
  const flood = Array.from({ length: 240 }, (_, i) =>
    callerOf(gateway, `127.0.8.${i + 1}`)('/auth/login', { email: newAddress(), password: 'Wrong-Horse-9' }),
  );
  const flooding = new AbortController();
  const over = Promise.all(flood).finally(() => flooding.abort());

  const times: number[] = [];
  while (!flooding.signal.aborted) {
    const began = performance.now();
    const { status } = await gateway.get('/api/v1/whoami', { authorization: `Bearer ${token}` });
    times.push(performance.now() - began);
    expect(status).toBe(200);
  }
  const replies = await over;

  const refused = replies.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(0);
  for (const { headers, body } of refused) {
    expect(headers['retry-after']).toBe('2');
    expect(body.error.type).toBe('unavailable');
  }
  expect(replies.filter(({ status }) => status === 401).length).toBeGreaterThan(20);
  expect(refused.length + replies.filter(({ status }) => status === 401).length).toBe(240);
  // Who is signed in is not behind them in any queue: one hash takes some 40 ms, and all of them seconds.
  times.sort((one, other) => one - other);
  expect(times.length).toBeGreaterThan(20);
  expect(times[Math.floor(times.length / 2)]).toBeLessThan(100);
});

import { randomUUID } from 'node:crypto';
import { built } from '../helpers/cli.js';
import { bearer, HOUSE_TOKEN, type Reply } from '../helpers/gateway.js';
import { given } from '../helpers/given.js';
import { hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { Replica } from '../helpers/replica.js';

const INVITES = '/api/v1/devices/invites';

given(hasPostgres, 'the same key at two replicas on one PostgreSQL', () => {
  let postgres: Postgres;
  let env: Record<string, string>;
  let one: Replica;
  let other: Replica;

  beforeAll(async () => {
    await built();
    postgres = await startPostgres();
    env = { DOORWARD_GATEWAY_TOKEN: HOUSE_TOKEN, DATABASE_URL: await postgres.database() };
    [one, other] = await Promise.all([Replica.start({ env }), Replica.start({ env })]);
  });

  afterAll(async () => {
    await Promise.all([one, other].map((replica) => replica.end()));
    await Promise.all([one, other].map(({ home }) => home.remove()));
    await postgres.dispose();
  });

  // Not from this machine, so that the house key is the way in and seals the answer.
  const elsewhere = { ...bearer(HOUSE_TOKEN), 'x-forwarded-for': '203.0.113.9' };
  const post = (at: Replica, key: string, body: object = { ttl: 60 }): Promise<Reply> =>
    at.call(INVITES, { method: 'POST', headers: { ...elsewhere, 'idempotency-key': key }, body });
  const rows = <T = Record<string, unknown>>(sql: string) => postgres.query(sql, env['DATABASE_URL']) as Promise<T[]>;
  const made = async (): Promise<number> => (await rows('SELECT 1 FROM device_invites')).length;
  const replayed = ({ headers }: Reply): boolean => headers['idempotent-replayed'] === 'true';

  it('gets the same answer at both, and nothing is done twice', async () => {
    const key = randomUUID();
    const before = await made();
    const [first, second] = [await post(one, key), await post(other, key)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect([replayed(first), replayed(second)]).toEqual([false, true]);
    expect(second.text).toBe(first.text);
    expect(await made()).toBe(before + 1);
    expect((await post(other, key, { ttl: 61 })).status).toBe(409);
  });

  it('at once at both: one is carried out', async () => {
    const key = randomUUID();
    const before = await made();
    const replies = await Promise.all(Array.from({ length: 20 }, (_, n) => post(n % 2 ? one : other, key)));
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(replies.filter((reply) => !replayed(reply))).toHaveLength(1);
    expect(await made()).toBe(before + 1);
  });

  it('gets the same answer after both were started again', async () => {
    const key = randomUUID();
    const first = await post(one, key);
    const before = await made();
    await one.end();
    one = await Replica.start({ env, home: one.home });
    const again = await post(one, key);
    expect([again.text, replayed(again)]).toEqual([first.text, true]);
    expect(await made()).toBe(before);
  });

  it('the database alone tells nothing of the answers', async () => {
    const { body } = await post(one, 'a-key-that-is-easy-to-guess');
    const code = JSON.parse(Buffer.from(body.setupCode, 'base64url').toString()) as { bootstrapToken: string };
    const text = JSON.stringify(await rows('SELECT * FROM idempotent_answers'));
    expect(text).toContain('s1.');
    for (const secret of [body.setupCode, code.bootstrapToken, body.id, HOUSE_TOKEN, 'easy-to-guess']) {
      expect(text).not.toContain(secret);
    }
  });

  const last = '(SELECT key_digest FROM idempotent_answers ORDER BY created_at DESC LIMIT 1)';

  it('one that was cut short is never carried out again by itself', async () => {
    const key = randomUUID();
    await post(one, key);
    const before = await made();
    await rows(
      `UPDATE idempotent_answers SET sealed = NULL, replica_id = gen_random_uuid() WHERE key_digest = ${last}`,
    );
    const again = await post(other, key);
    expect(again.status).toBe(409);
    expect(again.body.error.message).toMatch(/cut short/);
    expect(await made()).toBe(before);
  });

  it('one that another replica is still at is waited for', async () => {
    const key = randomUUID();
    const first = await post(one, key);
    const [kept] = await rows<{ key: string; sealed: string }>(
      `SELECT key_digest AS key, sealed FROM idempotent_answers WHERE key_digest = ${last}`,
    );
    await rows(`UPDATE idempotent_answers SET sealed = NULL WHERE key_digest = ${last}`);
    let answered = false;
    const waiting = post(other, key).finally(() => (answered = true));
    // Whoever comes later is answered before.
    for (let n = 0; n < 20; n += 1) expect((await post(other, randomUUID())).status).toBe(201);
    expect(answered).toBe(false);
    await rows(`UPDATE idempotent_answers SET sealed = '${kept!.sealed}' WHERE key_digest = '${kept!.key}'`);
    expect((await waiting).text).toBe(first.text);
  });

  it('what has ended is cleaned away, and of what one caller keeps the oldest', async () => {
    await rows(`UPDATE idempotent_answers SET expires_at = now() - interval '1 second'`);
    const [{ caller }] = (await rows<{ caller: string }>(
      'SELECT caller_digest AS caller FROM idempotent_answers LIMIT 1',
    )) as [{ caller: string }];
    await rows(`INSERT INTO idempotent_answers (key_digest, tenant_id, caller_digest, fingerprint, replica_id, sealed, created_at, expires_at)
      SELECT lpad(to_hex(n), 64, '0'), (SELECT id FROM tenants LIMIT 1), '${caller}', '', gen_random_uuid(), '',
             now() - interval '1 hour', now() + interval '1 hour' FROM generate_series(1, 5000) n`);
    for (let n = 0; n < 64; n += 1) await post(one, randomUUID());
    expect((await rows('SELECT 1 FROM idempotent_answers WHERE expires_at <= now()')).length).toBe(0);
    expect((await rows('SELECT 1 FROM idempotent_answers')).length).toBeLessThanOrEqual(5000);
  });
});

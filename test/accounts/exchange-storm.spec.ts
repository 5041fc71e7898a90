import { describe, expect, it } from '@jest/globals';
import { GatewayTokensService } from '../../src/accounts/gateway-tokens.service.js';
import { MOST_EXCHANGED } from '../../src/accounts/token-room.js';
import { UserSessionsService } from '../../src/accounts/user-sessions.service.js';
import { given } from '../helpers/given.js';
import { HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { hasPostgres, startPostgres } from '../helpers/postgres.js';
import { newPerson, newTenant, type Person } from '../helpers/tenants.js';
import { ELSEWHERE, World } from '../helpers/world.js';

/** What any gateway must stand, whatever its database. */
async function expectOrderInTheStorm(gateway: TestGateway): Promise<void> {
  const world = new World(gateway);
  const tenantId = await newTenant(world);
  const [owner, person] = [await newPerson(world, tenantId, 'owner'), await newPerson(world, tenantId, 'member')];
  const { userId: id, email } = person;
  const session = await world
    .get(UserSessionsService)
    .start({ id, tenantId, email, role: 'member' }, { method: 'password' });
  const headers = { ...ELSEWHERE, authorization: `Bearer ${session.tokens.accessToken}` };
  const exchange = () => gateway.call('/auth/gateway-token', { method: 'POST', headers });

  // As many as there may be, but fifty: half of the storm must make room.
  await world.rows(
    `INSERT INTO gateway_tokens (token_digest, tenant_id, user_id, session_id, expires_at)
     SELECT encode(sha256(('storm ' || n)::bytea), 'hex'), $1, $2, $3, now() + interval '10 minutes'
       FROM generate_series(1, ${MOST_EXCHANGED - 50}) n`,
    [tenantId, id, session.sessionId],
  );
  const replies = await Promise.all(Array.from({ length: 100 }, exchange));

  expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
  expect(new Set(replies.map(({ body }) => body.gatewayToken)).size).toBe(100);
  expect(await live(world, person)).toBeLessThanOrEqual(MOST_EXCHANGED + replies.length);
  await exchange();
  expect(await live(world, person)).toBe(MOST_EXCHANGED);

  // While they storm, the person is suspended: nothing waits for nothing, and nothing of theirs is left.
  const [during] = await Promise.all([
    gateway.call(`/api/v1/users/${id}`, { method: 'PATCH', headers: owner.headers, body: { status: 'suspended' } }),
    ...Array.from({ length: 50 }, exchange),
  ]);
  expect(during.status).toBe(200);
  expect(await live(world, person)).toBe(0);
}

async function live(world: World, { userId, token }: Person): Promise<number> {
  const [row] = await world.rows<{ live: number }>(
    `SELECT count(*)::int AS live FROM gateway_tokens t JOIN user_sessions s ON s.id = t.session_id
      WHERE t.user_id = $1 AND t.revoked_at IS NULL AND t.expires_at > now() AND s.revoked_at IS NULL`,
    [userId],
  );
  // The one that an operator made is not among them.
  expect(await world.get(GatewayTokensService).find(token)).toBeDefined();
  return row!.live;
}

const config = { gateway: { auth: { token: HOUSE_TOKEN } } };

describe('S232: a hundred exchanges of one person at once', () => {
  it('all succeed with tokens of their own, within the bound: the embedded database', async () => {
    const gateway = await startGateway({ config, database: 'embedded' });
    await expectOrderInTheStorm(gateway).finally(() => gateway.close());
  }, 60_000);

  given(hasPostgres, 'and on', () => {
    it('PostgreSQL', async () => {
      const server = await startPostgres();
      const gateway = await startGateway({ config, database: await server.database() });
      try {
        await expectOrderInTheStorm(gateway);
      } finally {
        await gateway.close();
        await server.dispose();
      }
    }, 60_000);
  });
});

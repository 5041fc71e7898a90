import { randomUUID } from 'node:crypto';
import type { UserRole } from '../../src/accounts/roles.js';
import { type SessionTokens, UserSessionsService } from '../../src/accounts/user-sessions.service.js';
import { UsersService } from '../../src/accounts/users.service.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { bearer, type Reply, type TestGateway } from '../helpers/gateway.js';
import type { World } from '../helpers/world.js';

export interface SignedIn extends SessionTokens {
  readonly userId: string;
  readonly email: string;
  readonly tenantId: string;
  readonly sessionId: string;
}

/** Somebody new who has signed in. */
export async function signedIn(
  world: World,
  { role = 'member', tenantId = HOUSE_TENANT }: { role?: UserRole; tenantId?: string } = {},
): Promise<SignedIn> {
  const user = await world.get(UsersService).findOrCreate(`${randomUUID()}@example.com`, role, tenantId);
  const { sessionId, tokens } = await world.get(UserSessionsService).start(user, { method: 'password' });
  return { userId: user.id, email: user.email, tenantId, sessionId, ...tokens };
}

/** A tenant of its own. */
export async function newTenant(world: World): Promise<string> {
  const id = randomUUID();
  await world.rows('INSERT INTO tenants (id, name) VALUES ($1, $2)', [id, id]);
  return id;
}

/** A gateway token in exchange for an access token. */
export async function exchanged(gateway: TestGateway, accessToken: string, body?: object): Promise<string> {
  const reply = await gateway.call('/auth/gateway-token', { method: 'POST', headers: bearer(accessToken), body });
  if (reply.status !== 200) throw new Error(`not exchanged: ${reply.text}`);
  return (reply.body as { gatewayToken: string }).gatewayToken;
}

/** Sends a form, as clients of OAuth do. */
export function postForm(
  gateway: TestGateway,
  path: string,
  form: Readonly<Record<string, string>> | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
  return gateway.call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  });
}

/** A service token that an admin of the tenant makes. */
export async function serviceToken(
  gateway: TestGateway,
  admin: string,
  { label = 'a service', scopes = ['operator.read'], expiresIn = 86_400 } = {},
): Promise<{ id: string; token: string }> {
  const body = { kind: 'service', label, scopes, expiresIn };
  const reply = await gateway.call('/api/v1/tokens', { method: 'POST', headers: bearer(admin), body });
  if (reply.status !== 201) throw new Error(`no service token: ${reply.text}`);
  return reply.body as { id: string; token: string };
}

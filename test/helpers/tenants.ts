import { randomUUID } from 'node:crypto';
import { GatewayTokensService } from '../../src/accounts/gateway-tokens.service.js';
import type { UserRole } from '../../src/accounts/roles.js';
import { UsersService } from '../../src/accounts/users.service.js';
import type { IssuedToken } from './gateway.js';
import type { World } from './world.js';

/** A person with a gateway token. */
export interface Person extends IssuedToken {
  readonly tenantId: string;
  readonly email: string;
  /** As headers, from a place that is not this machine. */
  readonly headers: Readonly<Record<string, string>>;
}

export async function newTenant(world: World, name = randomUUID() as string): Promise<string> {
  const [row] = await world.rows<{ id: string }>('INSERT INTO tenants (name) VALUES ($1) RETURNING id', [name]);
  return row!.id;
}

/** Somebody new in a tenant, and a gateway token of theirs. */
export async function newPerson(world: World, tenantId: string, role: UserRole): Promise<Person> {
  const email = `${role}-${randomUUID()}@example.com`;
  const user = await world.get(UsersService).findOrCreate(email, role, tenantId);
  const { token, record } = await world
    .get(GatewayTokensService)
    .create({ userId: user.id, tenantId, expiresIn: 3600 });
  const headers = { host: 'gateway.example.com', authorization: `Bearer ${token}` };
  return { id: record.id, token, userId: user.id, tenantId, email, headers };
}

/** What the audit of a tenant remembers, in order. */
export async function auditOf(
  world: World,
  tenantId: string,
): Promise<{ action: string; actor: string; target: string }[]> {
  return world.rows('SELECT action, actor, target FROM audit_events WHERE tenant_id = $1 ORDER BY seq', [tenantId]);
}

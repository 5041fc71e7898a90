import type { QueryRunner } from 'typeorm';

/**
 * What keeps one tenant's transaction from another's rows. `role`: it runs as `doorward_tenant`, which no policy passes.
 * `force`: that role cannot be made, so the owner of the tables obeys the policies. `nothing`: it cannot be made, and
 * the user is one whom PostgreSQL lets pass; or somebody made it one whom it lets pass.
 */
export type Isolation = 'role' | 'force' | 'nothing';

/** Puts every table with a `tenant_id` behind its policies, whatever migration made it. Does nothing where all is well. */
export async function isolateTenants(runner: QueryRunner): Promise<Isolation> {
  const [row] = (await runner.query('select doorward_isolate_tenants() as isolation')) as [{ isolation: Isolation }];
  return row.isolation;
}

/** Enters a tenant for the rest of the transaction; the connection forgets it at its end, however that comes. */
export const ENTER_TENANT = 'select doorward_enter_tenant($1)';

/** What whoever runs the gateway should hear of it; undefined when all is as it should be. */
export function isolationWarning(isolation: Isolation): string | undefined {
  switch (isolation) {
    case 'role':
      return undefined;
    case 'force':
      return `database: the role doorward_tenant cannot be made, so row-level security is forced on the owner of the tables; ${REMEDY}`;
    case 'nothing':
      return `database: its user, or the role doorward_tenant, passes row-level security, so tenants are kept apart by the code alone; ${REMEDY}`;
  }
}

const REMEDY =
  'let a superuser run: CREATE ROLE doorward_tenant NOLOGIN; GRANT doorward_tenant TO <the user of database.url>';

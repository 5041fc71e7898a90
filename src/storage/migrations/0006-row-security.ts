import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Row-level security beneath the code (users.md 24): inside `Database.asTenant` PostgreSQL itself shows and takes one
 * tenant's rows alone. `doorward_isolate_tenants` looks at every table with a `tenant_id`, so it covers tables of later
 * migrations as well: it is called here, and after the migrations at each start.
 */
export class RowSecurity0006 implements MigrationInterface {
  readonly name = 'RowSecurity1795651200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
    await runner.query('select doorward_isolate_tenants()');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
-- A name is for people. Were it unique, one tenant would learn the names of the others by taking them.
alter table tenants drop constraint tenants_name_key;

-- Which tokens a person has at this moment, without those that are long over.
create index gateway_tokens_live on gateway_tokens (user_id, expires_at) where revoked_at is null;

-- A device waits in each tenant by itself: one must not take the place of a request in another by naming its device.
drop index pairing_requests_one_pending;
create unique index pairing_requests_one_pending on pairing_requests (tenant_id, device_id) where status = 'pending';

-- Whether this user may step down into the role. PostgreSQL 16 tells being a member from being allowed to SET ROLE.
create function doorward_may_step_down() returns boolean language sql stable as $$
  select case when to_regrole('doorward_tenant') is null then false
    else pg_has_role('doorward_tenant', case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end) end
$$;

-- For the rest of the transaction: this tenant's rows, and where there is the role, nothing that it was not granted.
create function doorward_enter_tenant(tenant uuid) returns void language plpgsql as $$
begin
  if tenant is null then raise exception 'doorward_enter_tenant: which tenant?'; end if;
  perform set_config('doorward.tenant_id', tenant::text, true);
  if doorward_may_step_down() then perform set_config('role', 'doorward_tenant', true); end if;
end $$;

-- Brings every table of tenants behind the policies; changes nothing where all is well. Says what enforces them:
-- 'role' (also against superusers), 'force' (the owner of the tables obeys them too), or 'nothing'.
create function doorward_isolate_tenants() returns text language plpgsql as $$
declare
  by_role boolean;
  wall record;
begin
  begin
    if not exists (select from pg_roles where rolname = 'doorward_tenant') then
      create role doorward_tenant nologin;
    end if;
    if not doorward_may_step_down() then
      execute format('grant doorward_tenant to %I', current_user);
    end if;
  exception
    -- Not ours to make; or another database of this server makes it at this moment.
    when insufficient_privilege or duplicate_object or unique_violation or internal_error then null;
  end;
  by_role := doorward_may_step_down();
  if exists (select from pg_roles where rolname = 'doorward_tenant' and (rolsuper or rolbypassrls)) then return 'nothing'; end if;

  if by_role and not has_schema_privilege('doorward_tenant', current_schema(), 'usage') then
    execute format('grant usage on schema %I to doorward_tenant', current_schema());
  end if;

  for wall in
    select c.oid, c.oid::regclass as name, c.relrowsecurity as on_guard, c.relforcerowsecurity as forced,
           pg_has_role(c.relowner, 'USAGE') as ours,
           case c.relname when 'tenants' then 'id' else 'tenant_id' end as key,
           case c.relname when 'tenants' then 'select, update (name)' when 'audit_events' then 'select, insert'
             when 'audit_heads' then 'select'
             else 'select, insert, update, delete' end as granted
      from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
       and (c.relname = 'tenants' or exists (
         select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))
  loop
    if not exists (select from pg_policy where polrelid = wall.oid and polname = 'tenant_rows') then
      execute format($policy$
        create policy tenant_rows on %s using (%I = (select nullif(current_setting('doorward.tenant_id', true), '')::uuid))
      $policy$, wall.name, wall.key);
    end if;
    -- The house: look-ups by digest, jobs for all tenants. Whoever has stepped down is never the house.
    if not exists (select from pg_policy where polrelid = wall.oid and polname = 'house_rows') then
      execute format($policy$
        create policy house_rows on %s using ((select
          coalesce(current_setting('doorward.tenant_id', true), '') = '' and current_user <> 'doorward_tenant'))
      $policy$, wall.name);
    end if;
    if not wall.on_guard then
      execute format('alter table %s enable row level security', wall.name);
    end if;
    if wall.ours and wall.forced = by_role then
      execute format('alter table %s %s row level security', wall.name, case when by_role then 'no force' else 'force' end);
    end if;
    if by_role and not has_table_privilege('doorward_tenant', wall.oid, 'select') then
      execute format('grant %s on %s to doorward_tenant', wall.granted, wall.name);
    end if;
  end loop;

  if by_role then return 'role'; end if;
  return case when (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) then 'nothing' else 'force' end;
end $$;
`;

const DOWN = `
do $$
declare wall record;
begin
  for wall in
    select polrelid::regclass as name, polname from pg_policy
     where polname in ('tenant_rows', 'house_rows') and polrelid in (
       select oid from pg_class where relnamespace = current_schema()::regnamespace)
  loop
    execute format('drop policy %I on %s', wall.polname, wall.name);
    execute format('alter table %s no force row level security, disable row level security', wall.name);
  end loop;
  -- The role stays: it belongs to the server, where other databases may use it.
  if exists (select from pg_roles where rolname = 'doorward_tenant') then
    execute format('revoke all on all tables in schema %I from doorward_tenant', current_schema());
  end if;
end $$;
alter table tenants add constraint tenants_name_key unique (name);
drop index gateway_tokens_live;
drop index pairing_requests_one_pending;
create unique index pairing_requests_one_pending on pairing_requests (device_id) where status = 'pending';
drop function doorward_isolate_tenants;
drop function doorward_enter_tenant;
drop function doorward_may_step_down;
`;

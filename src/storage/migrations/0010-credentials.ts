import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Credentials of model providers, for gateways that keep them in the database: what an agent has, sealed as a whole with
 * a data key; how each profile has fared beside it, since that changes with every use and is no secret.
 */
export class Credentials0010 implements MigrationInterface {
  readonly name = 'Credentials1795996800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
-- Tables of the house: without a tenant_id, no tenant's transaction is granted anything of them.
create table data_keys (
  id          text primary key check (id ~ '^[0-9a-f]{16}$'),
  sealed      text not null,
  sealed_with text not null,
  created_at  timestamptz not null default clock_timestamp(),
  retired_at  timestamptz
);

create table auth_profiles (
  agent       text primary key check (agent ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  sealed      text not null,
  sealed_with text not null references data_keys (id),
  version     bigint not null check (version > 0),
  updated_at  timestamptz not null default now()
);
create index auth_profiles_key on auth_profiles (sealed_with);

create table auth_profile_usage (
  agent      text not null references auth_profiles (agent) on delete cascade,
  profile_id text not null,
  usage      jsonb not null,
  primary key (agent, profile_id)
);

-- Sealing anew leaves the version: nobody has to read again what says the same.
create function doorward_tell_profiles() returns trigger language plpgsql as $$
begin
  perform pg_notify('doorward_changes', tg_argv[0] || ' ' || coalesce(new.agent, old.agent));
  return null;
end $$;

create trigger tell_change after insert or delete or update of agent, version on auth_profiles
  for each row execute function doorward_tell_profiles('auth-profiles');
create trigger tell_change after insert or delete or update on auth_profile_usage
  for each row execute function doorward_tell_profiles('auth-profile-usage');
`;

const DOWN = `
drop table auth_profile_usage, auth_profiles, data_keys;
drop function doorward_tell_profiles;
`;

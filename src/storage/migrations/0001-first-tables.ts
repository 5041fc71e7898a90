import type { MigrationInterface, QueryRunner } from 'typeorm';
import { HOUSE_TENANT } from '../../kernel/identity.js';

/**
 * Tenants, users, sign-in sessions, gateway tokens, devices and their tokens, pairing requests, audit.
 * The pairs (id, tenant_id) are unique so that a row can never point into another tenant.
 * What is written in here of other files (the channel, the kinds of changes) is history, and stays as it is.
 */
export class FirstTables0001 implements MigrationInterface {
  readonly name = 'FirstTables1795219200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
    await runner.query(`insert into tenants (id, name) values ($1, 'house')`, [HOUSE_TENANT]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
create table tenants (
  id         uuid primary key default gen_random_uuid(),
  name       text not null unique check (name <> ''),
  status     text not null default 'active' check (status in ('active', 'suspended')),
  created_at timestamptz not null default now()
);

create table users (
  id           uuid primary key default gen_random_uuid(),
  tenant_id    uuid not null references tenants (id),
  email        text not null unique check (email = lower(email) and email <> ''),
  display_name text,
  role         text not null default 'member' check (role in ('owner', 'admin', 'member', 'viewer')),
  status       text not null default 'active' check (status in ('active', 'suspended', 'deactivated', 'deleted')),
  created_at   timestamptz not null default now(),
  unique (id, tenant_id)
);
create index users_tenant on users (tenant_id, created_at, id);

create table user_sessions (
  id         uuid primary key default gen_random_uuid(),
  tenant_id  uuid not null references tenants (id),
  user_id    uuid not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  unique (id, user_id),
  foreign key (user_id, tenant_id) references users (id, tenant_id) on delete cascade
);
create index user_sessions_user on user_sessions (user_id, created_at);
create index user_sessions_expires on user_sessions (expires_at);

create table gateway_tokens (
  id           uuid primary key default gen_random_uuid(),
  token_digest char(64) not null unique check (token_digest ~ '^[0-9a-f]{64}$'),
  label        text,
  tenant_id    uuid not null references tenants (id),
  user_id      uuid not null,
  session_id   uuid,
  scopes       text[],
  created_at   timestamptz not null default now(),
  expires_at   timestamptz not null,
  revoked_at   timestamptz,
  last_used_at timestamptz,
  foreign key (user_id, tenant_id) references users (id, tenant_id) on delete cascade,
  foreign key (session_id, user_id) references user_sessions (id, user_id) on delete cascade
);
create index gateway_tokens_tenant on gateway_tokens (tenant_id, created_at, id);
create index gateway_tokens_user on gateway_tokens (user_id);
create index gateway_tokens_session on gateway_tokens (session_id) where session_id is not null;
create index gateway_tokens_expires on gateway_tokens (expires_at);

create table devices (
  id              text primary key check (id <> ''),
  tenant_id       uuid not null references tenants (id),
  public_key      text,
  display_name    text,
  platform        text,
  device_family   text,
  client_id       text,
  client_mode     text,
  roles           text[] not null default '{}',
  approved_scopes text[] not null default '{}',
  remote_address  text,
  created_at      timestamptz not null default now(),
  approved_at     timestamptz,
  approved_by     text,
  last_seen_at    timestamptz,
  revoked_at      timestamptz,
  unique (id, tenant_id)
);
create index devices_tenant on devices (tenant_id, created_at, id);

create table device_tokens (
  id                    uuid primary key default gen_random_uuid(),
  tenant_id             uuid not null references tenants (id),
  device_id             text not null,
  role                  text not null,
  scopes                text[] not null default '{}',
  token_digest          char(64) not null unique check (token_digest ~ '^[0-9a-f]{64}$'),
  previous_token_digest char(64) check (previous_token_digest ~ '^[0-9a-f]{64}$'),
  previous_ends_at      timestamptz,
  created_at            timestamptz not null default now(),
  rotated_at            timestamptz,
  expires_at            timestamptz,
  revoked_at            timestamptz,
  last_used_at          timestamptz,
  foreign key (device_id, tenant_id) references devices (id, tenant_id) on delete cascade
);
create unique index device_tokens_one_live on device_tokens (device_id, role) where revoked_at is null;
create index device_tokens_previous on device_tokens (previous_token_digest) where previous_token_digest is not null;
create index device_tokens_tenant on device_tokens (tenant_id, created_at, id);

create table pairing_requests (
  id             uuid primary key default gen_random_uuid(),
  tenant_id      uuid not null references tenants (id),
  device_id      text not null check (device_id <> ''),
  public_key     text,
  display_name   text,
  platform       text,
  device_family  text,
  client_id      text,
  client_mode    text,
  role           text not null,
  scopes         text[] not null default '{}',
  remote_address text,
  silent         boolean not null default false,
  is_repair      boolean not null default false,
  code           text,
  claim_digest   char(64),
  claimed_at     timestamptz,
  status         text not null default 'pending'
                 check (status in ('pending', 'approved', 'rejected', 'expired', 'superseded')),
  created_at     timestamptz not null default now(),
  expires_at     timestamptz not null,
  decided_at     timestamptz,
  decided_by     text
);
create unique index pairing_requests_one_pending on pairing_requests (device_id) where status = 'pending';
create index pairing_requests_tenant on pairing_requests (tenant_id, status, created_at);
create index pairing_requests_source on pairing_requests (remote_address) where status = 'pending';

create table audit_events (
  tenant_id     uuid not null references tenants (id),
  seq           bigint not null check (seq > 0),
  at            timestamptz not null,
  actor         text not null,
  action        text not null,
  target        text,
  request_id    text,
  detail        jsonb not null default '{}',
  previous_hash char(64) not null,
  hash          char(64) not null,
  primary key (tenant_id, seq)
);
create index audit_events_at on audit_events (tenant_id, at);
create index audit_events_action on audit_events (tenant_id, action, at);
create index audit_events_request on audit_events (request_id) where request_id is not null;

-- Whoever changes what a credential is worth, with psql too, tells every gateway that has it in memory.
create function doorward_tell_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('doorward_changes', tg_argv[0] || ' ' || old.id);
  return null;
end $$;

create trigger tell_change after delete or update of status on tenants
  for each row execute function doorward_tell_change('tenant');
create trigger tell_change after delete or update of tenant_id, email, role, status on users
  for each row execute function doorward_tell_change('user');
create trigger tell_change after delete or update of user_id, expires_at, revoked_at on user_sessions
  for each row execute function doorward_tell_change('session');
create trigger tell_change after delete or update of token_digest, user_id, tenant_id, session_id, scopes, expires_at,
  revoked_at on gateway_tokens
  for each row execute function doorward_tell_change('gateway-token');
create trigger tell_change after delete or update of tenant_id, public_key, roles, approved_scopes, revoked_at
  on devices
  for each row execute function doorward_tell_change('device');
create trigger tell_change after delete or update of device_id, tenant_id, role, scopes, token_digest,
  previous_token_digest, previous_ends_at, expires_at, revoked_at on device_tokens
  for each row execute function doorward_tell_change('device-token');
`;

const DOWN = `
drop table audit_events, pairing_requests, device_tokens, devices, gateway_tokens, user_sessions, users, tenants;
drop function doorward_tell_change;
`;

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Signing in: passwords, sign-ins with the family of their refresh tokens, codes that are sent by mail, invitations, the
 * code of the first start, and the keys that sign access tokens.
 */
export class SignIn0003 implements MigrationInterface {
  readonly name = 'SignIn1795305700000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
alter table users
  add column email_verified_at timestamptz,
  add column registered_at timestamptz,
  add column locale text,
  add column timezone text,
  add column country text;

create table user_passwords (
  user_id    uuid primary key,
  tenant_id  uuid not null references tenants (id),
  phc        text not null check (phc like '$argon2id$%'),
  changed_at timestamptz not null default now(),
  foreign key (user_id, tenant_id) references users (id, tenant_id) on delete cascade
);

alter table user_sessions
  add column method text not null default 'password',
  add column address text,
  add column user_agent text,
  add column refreshed_at timestamptz,
  add column end_reason text,
  add unique (id, tenant_id);

create table refresh_tokens (
  token_digest char(64) primary key check (token_digest ~ '^[0-9a-f]{64}$'),
  tenant_id    uuid not null references tenants (id),
  session_id   uuid not null,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz not null,
  used_at      timestamptz,
  foreign key (session_id, tenant_id) references user_sessions (id, tenant_id) on delete cascade
);
create index refresh_tokens_session on refresh_tokens (session_id);

create table mail_codes (
  id          uuid primary key default gen_random_uuid(),
  tenant_id   uuid not null references tenants (id),
  user_id     uuid not null,
  purpose     text not null check (purpose in ('verify-email', 'reset-password')),
  email       text not null,
  code_digest char(64) not null unique check (code_digest ~ '^[0-9a-f]{64}$'),
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null,
  used_at     timestamptz,
  used_from   text,
  foreign key (user_id, tenant_id) references users (id, tenant_id) on delete cascade
);
create index mail_codes_user on mail_codes (user_id, purpose);
create index mail_codes_expires on mail_codes (expires_at);

create table user_invitations (
  id          uuid primary key default gen_random_uuid(),
  tenant_id   uuid not null references tenants (id),
  email       text not null check (email = lower(email) and email <> ''),
  role        text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  code_digest char(64) not null unique check (code_digest ~ '^[0-9a-f]{64}$'),
  invited_by  text not null,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null,
  accepted_at timestamptz
);
create unique index user_invitations_one_open on user_invitations (tenant_id, email) where accepted_at is null;
create index user_invitations_tenant on user_invitations (tenant_id, created_at, id);

create table setup_codes (
  code_digest char(64) primary key check (code_digest ~ '^[0-9a-f]{64}$'),
  created_at  timestamptz not null default now()
);

create table signing_keys (
  id             uuid primary key default gen_random_uuid(),
  algorithm      text not null check (algorithm in ('ES256', 'EdDSA')),
  public_jwk     jsonb not null,
  private_sealed text not null,
  sealed_with    text not null,
  created_at     timestamptz not null default now(),
  retired_at     timestamptz
);

create trigger tell_new after insert on signing_keys
  for each row execute function doorward_tell_new('signing-key');
create trigger tell_change after delete or update on signing_keys
  for each row execute function doorward_tell_change('signing-key');
`;

const DOWN = `
drop table signing_keys, setup_codes, user_invitations, mail_codes, refresh_tokens, user_passwords;
alter table user_sessions
  drop constraint user_sessions_id_tenant_id_key,
  drop column method, drop column address, drop column user_agent, drop column refreshed_at, drop column end_reason;
alter table users
  drop column email_verified_at, drop column registered_at, drop column locale, drop column timezone,
  drop column country;
`;

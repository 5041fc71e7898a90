import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who a user is elsewhere, and the sign-ins that are under way at a provider. */
export class ExternalIdentity0005 implements MigrationInterface {
  readonly name = 'ExternalIdentity1795478400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
create table user_identities (
  id              uuid primary key default gen_random_uuid(),
  tenant_id       uuid not null references tenants (id),
  user_id         uuid not null,
  issuer          text not null check (issuer <> ''),
  subject         text not null check (subject <> ''),
  email           text,
  created_at      timestamptz not null default now(),
  last_sign_in_at timestamptz not null default now(),
  unique (issuer, subject),
  foreign key (user_id, tenant_id) references users (id, tenant_id) on delete cascade
);
create index user_identities_user on user_identities (user_id);

create table oidc_sign_ins (
  state_digest    char(64) primary key check (state_digest ~ '^[0-9a-f]{64}$'),
  browser_digest  char(64) not null check (browser_digest ~ '^[0-9a-f]{64}$'),
  provider        text not null,
  redirect_uri    text not null,
  return_to       text,
  source          text not null,
  tenant_id       uuid references tenants (id),
  link_user_id    uuid,
  link_session_id uuid,
  created_at      timestamptz not null default now(),
  expires_at      timestamptz not null,
  foreign key (link_user_id, tenant_id) references users (id, tenant_id) on delete cascade,
  foreign key (link_session_id, link_user_id) references user_sessions (id, user_id) on delete cascade,
  check ((link_user_id is null) = (link_session_id is null) and (link_user_id is null) = (tenant_id is null))
);
create index oidc_sign_ins_expires on oidc_sign_ins (expires_at);
create index oidc_sign_ins_source on oidc_sign_ins (source);
`;

const DOWN = `
drop table oidc_sign_ins, user_identities;
`;

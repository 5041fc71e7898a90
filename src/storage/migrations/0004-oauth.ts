import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Gateway tokens for machines, and the codes of the device grant (RFC 8628): of both only digests. */
export class OAuth0004 implements MigrationInterface {
  readonly name = 'OAuth1795392000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
alter table gateway_tokens
  add column kind text not null default 'user' check (kind in ('user', 'service')),
  add constraint gateway_tokens_service
    check (kind <> 'service' or (label is not null and scopes is not null and session_id is null));

create table oauth_device_codes (
  id               uuid primary key default gen_random_uuid(),
  device_digest    char(64) not null unique check (device_digest ~ '^[0-9a-f]{64}$'),
  user_code_digest char(64) not null unique check (user_code_digest ~ '^[0-9a-f]{64}$'),
  client_id        text not null check (client_id <> ''),
  scopes           text[],
  stays_signed_in  boolean not null default false,
  address          text not null,
  user_agent       text,
  status           text not null default 'pending' check (status in ('pending', 'approved', 'denied', 'redeemed')),
  interval_s       integer not null check (interval_s > 0),
  polled_at        timestamptz,
  created_at       timestamptz not null default now(),
  expires_at       timestamptz not null,
  decided_at       timestamptz,
  tenant_id        uuid references tenants (id),
  user_id          uuid,
  foreign key (user_id, tenant_id) references users (id, tenant_id) on delete cascade,
  check ((status in ('approved', 'redeemed')) <= (user_id is not null and tenant_id is not null))
);
create index oauth_device_codes_expires on oauth_device_codes (expires_at);
create index oauth_device_codes_address on oauth_device_codes (address) where status = 'pending';
`;

const DOWN = `
drop table oauth_device_codes;
delete from gateway_tokens where kind = 'service';
alter table gateway_tokens drop constraint gateway_tokens_service, drop column kind;
`;

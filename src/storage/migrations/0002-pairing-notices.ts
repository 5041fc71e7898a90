import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever waits for a pairing request, or took a device for unknown, hears of it. Setup links that can be used once. */
export class PairingNotices0002 implements MigrationInterface {
  readonly name = 'PairingNotices1795305600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
create function doorward_tell_new() returns trigger language plpgsql as $$
begin
  perform pg_notify('doorward_changes', tg_argv[0] || ' ' || new.id);
  return null;
end $$;

create trigger tell_new after insert on devices
  for each row execute function doorward_tell_new('device');
create trigger tell_new after insert or update of status on pairing_requests
  for each row execute function doorward_tell_new('pairing-request');

create table device_invites (
  id           uuid primary key default gen_random_uuid(),
  tenant_id    uuid not null references tenants (id),
  token_digest char(64) not null unique check (token_digest ~ '^[0-9a-f]{64}$'),
  role         text not null,
  scopes       text[] not null default '{}',
  created_by   text not null,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz not null,
  used_at      timestamptz,
  used_by      text
);
create index device_invites_expires on device_invites (expires_at);
`;

const DOWN = `
drop table device_invites;
drop trigger tell_new on pairing_requests;
drop trigger tell_new on devices;
drop function doorward_tell_new;
`;

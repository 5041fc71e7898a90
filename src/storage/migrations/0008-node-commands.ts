import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a node may be used for, pinned at its approval; which device is connected where; how often a code was guessed
 * at, and who made a setup link, so that it ends with what its maker may grant.
 */
export class NodeCommands0008 implements MigrationInterface {
  readonly name = 'NodeCommands1795824000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
alter table devices
  add caps        text[] not null default '{}',
  add commands    text[] not null default '{}',
  add permissions text[] not null default '{}';
alter table pairing_requests
  add caps          text[] not null default '{}',
  add commands      text[] not null default '{}',
  add permissions   text[] not null default '{}',
  add wrong_claims  integer not null default 0;

drop trigger tell_change on devices;
create trigger tell_change after delete or update of tenant_id, public_key, roles, approved_scopes, caps, commands,
  permissions, revoked_at on devices
  for each row execute function doorward_tell_change('device');

create table device_presence (
  device_id  text not null,
  replica_id uuid not null references replicas (id) on delete cascade,
  tenant_id  uuid not null references tenants (id),
  declares   jsonb,
  primary key (device_id, replica_id),
  foreign key (device_id, tenant_id) references devices (id, tenant_id) on delete cascade
);

-- Links of before have no maker to look at again, and would live for ten minutes at most.
delete from device_invites where used_at is null;
alter table device_invites
  add handle  text,
  add maker   jsonb not null default '{}',
  add guesses integer not null default 0;
create index device_invites_handle on device_invites (handle) where used_at is null;
`;

const DOWN = `
drop index device_invites_handle;
alter table device_invites drop handle, drop maker, drop guesses;
drop table device_presence;
drop trigger tell_change on devices;
create trigger tell_change after delete or update of tenant_id, public_key, roles, approved_scopes, revoked_at
  on devices
  for each row execute function doorward_tell_change('device');
alter table pairing_requests drop caps, drop commands, drop permissions, drop wrong_claims;
alter table devices drop caps, drop commands, drop permissions;
`;

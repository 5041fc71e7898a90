import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where the chain of each tenant ends (contract section 10): rows that are cut off at the end leave a chain that follows
 * from itself, and only what was noted of its end shows that they are gone.
 */
export class AuditHeads0013 implements MigrationInterface {
  readonly name = 'AuditHeads1796256000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
create table audit_heads (
  tenant_id uuid primary key references tenants (id) on delete cascade,
  seq       bigint not null check (seq > 0),
  hash      char(64) not null
);
insert into audit_heads (tenant_id, seq, hash)
  select distinct on (tenant_id) tenant_id, seq, hash from audit_events order by tenant_id, seq desc;

-- With the statement that adds the rows, whoever makes it: a gateway of the version before, too. As the owner of the
-- table: a tenant's transaction can read what was noted, and not change it.
create function doorward_note_audit_end() returns trigger language plpgsql security definer as $$
begin
  insert into audit_heads as h (tenant_id, seq, hash)
    select distinct on (tenant_id) tenant_id, seq, hash from added order by tenant_id, seq desc
    on conflict (tenant_id) do update set seq = excluded.seq, hash = excluded.hash where excluded.seq > h.seq;
  return null;
end $$;

create trigger note_end after insert on audit_events
  referencing new table as added for each statement execute function doorward_note_audit_end();

-- No other schema can put a table of its own in the place of this one.
do $$ begin
  execute format('alter function doorward_note_audit_end() set search_path = %I, pg_temp', current_schema());
end $$;
`;

const DOWN = `
drop trigger note_end on audit_events;
drop function doorward_note_audit_end;
drop table audit_heads;
`;

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The gateways on this database, as long as they say that they live; and the answers that they will give again. */
export class Idempotency0007 implements MigrationInterface {
  readonly name = 'Idempotency1795737600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
create table replicas (
  id          uuid primary key,
  alive_until timestamptz not null
);
create index replicas_alive on replicas (alive_until);

create table idempotent_answers (
  key_digest    char(64) primary key check (key_digest ~ '^[0-9a-f]{64}$'),
  tenant_id     uuid not null references tenants (id) on delete cascade,
  caller_digest char(64) not null,
  fingerprint   char(64) not null,
  replica_id    uuid not null,
  sealed        text,
  created_at    timestamptz not null default clock_timestamp(),
  expires_at    timestamptz not null
);
create index idempotent_answers_caller on idempotent_answers (caller_digest, created_at);
create index idempotent_answers_expires on idempotent_answers (expires_at);
`;

const DOWN = `
drop table idempotent_answers, replicas;
`;

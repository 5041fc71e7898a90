import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Conversations with models. What was said is sealed with a key of its conversation, and that key with a data key: a new
 * data key has to be put in one place for each conversation, and a deleted one takes what opens it along. Without a key:
 * what was said stands as it is.
 */
export class Sessions0011 implements MigrationInterface {
  readonly name = 'Sessions1796083200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
create table chat_sessions (
  id              uuid primary key,
  tenant_id       uuid not null references tenants (id) on delete cascade,
  owner           text not null check (length(owner) between 1 and 512),
  user_id         uuid,
  agent           text not null check (agent ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  key             text not null check (length(key) between 1 and 512),
  conversation_id uuid not null,
  label           text check (length(label) between 1 and 128),
  model           text check (length(model) between 1 and 512),
  profile         text check (length(profile) between 1 and 256),
  key_sealed      text,
  sealed_with     text references data_keys (id),
  check ((key_sealed is null) = (sealed_with is null)),
  next_seq        bigint not null default 1,
  input_tokens    bigint not null default 0,
  output_tokens   bigint not null default 0,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  unique (id, tenant_id),
  unique (tenant_id, owner, agent, key),
  foreign key (user_id, tenant_id) references users (id, tenant_id) on delete cascade
);
create index chat_sessions_recent on chat_sessions (tenant_id, owner, updated_at desc);
create index chat_sessions_idle on chat_sessions (updated_at);
create index chat_sessions_user on chat_sessions (user_id) where user_id is not null;
create index chat_sessions_key on chat_sessions (sealed_with);

create table chat_messages (
  id              uuid primary key,
  tenant_id       uuid not null references tenants (id) on delete cascade,
  session_id      uuid not null,
  seq             bigint not null,
  run_id          text not null check (length(run_id) between 1 and 256),
  role            text not null check (role in ('user', 'assistant')),
  kind            text not null default 'message' check (kind in ('message', 'command')),
  content         text not null,
  replica_id      uuid not null,
  created_at      timestamptz not null default clock_timestamp(),
  unique (session_id, seq),
  unique (session_id, run_id, role),
  foreign key (session_id, tenant_id) references chat_sessions (id, tenant_id) on delete cascade
);

-- Whoever watches at another gateway hears of an answer when it is there.
create function doorward_tell_answer() returns trigger language plpgsql as $$
begin
  perform pg_notify('doorward_changes', 'chat-answer ' || new.id);
  return null;
end $$;
create trigger tell_answer after insert on chat_messages
  for each row when (new.role = 'assistant') execute function doorward_tell_answer();
`;

const DOWN = `
drop table chat_messages, chat_sessions;
drop function doorward_tell_answer;
`;

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What models cost: lines of usage by the hour, and budgets with the parts of them that replicas hold. Money is in
 * billionths of a US dollar: the price of one token is a whole number of them.
 */
export class Usage0012 implements MigrationInterface {
  readonly name = 'Usage1796169600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
-- One line for everything that one caller used of one model within an hour. Empty: none, or nobody in particular.
create table model_usage (
  id            uuid primary key default gen_random_uuid(),
  tenant_id     uuid not null references tenants (id) on delete cascade,
  hour          timestamptz not null,
  user_key      text not null,
  device_id     text not null,
  agent         text not null,
  session_key   text not null,
  provider      text not null,
  model         text not null,
  calls         bigint not null,
  unpriced      bigint not null,
  input_tokens  bigint not null,
  cached_tokens bigint not null,
  output_tokens bigint not null,
  cost          bigint not null
);
create unique index model_usage_line
  on model_usage (tenant_id, hour, user_key, agent, provider, model, device_id, session_key);

-- A batch of lines counts once, also where its answer was lost and it is sent again. Of the house: it has no tenant.
create table model_usage_batches (
  id         uuid primary key,
  written_at timestamptz not null default clock_timestamp()
);
create index model_usage_batches_written on model_usage_batches (written_at);

create table budgets (
  id           uuid primary key default gen_random_uuid(),
  tenant_id    uuid not null references tenants (id) on delete cascade,
  scope        text not null check (scope in ('tenant', 'user', 'agent')),
  subject      text not null check (subject <> ''),
  period       text not null check (period in ('day', 'month', 'total')),
  limit_cost   bigint check (limit_cost >= 0),
  limit_tokens bigint check (limit_tokens >= 0),
  window_start timestamptz not null,
  spent_cost   bigint not null default 0,
  spent_tokens bigint not null default 0,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  unique (tenant_id, scope, subject, period),
  unique (id, tenant_id),
  check (limit_cost is not null or limit_tokens is not null)
);

-- What a replica holds of a budget. Nobody else can have it; what it says it used becomes spent.
create table budget_leases (
  budget_id    uuid not null,
  holder       uuid not null,
  tenant_id    uuid not null,
  window_start timestamptz not null,
  turn         bigint not null,
  granted      boolean not null,
  cost         bigint not null,
  tokens       bigint not null,
  charged      boolean not null default false,
  primary key (budget_id, holder),
  foreign key (budget_id, tenant_id) references budgets (id, tenant_id) on delete cascade
);

create function doorward_tell_budget() returns trigger language plpgsql as $$
begin
  perform pg_notify('doorward_changes', 'budget ' || coalesce(new.id, old.id));
  return null;
end $$;

-- What a budget is, not how much of it is spent: that changes all the time.
create trigger tell_change after insert or delete or update of limit_cost, limit_tokens on budgets
  for each row execute function doorward_tell_budget();

-- When the window began in which a budget of this period counts at this moment; days and months are those of UTC.
create function doorward_budget_window(period text) returns timestamptz language sql volatile as $$
  select case period when 'total' then timestamptz '1970-01-01 00:00:00Z'
    else date_trunc(period, clock_timestamp(), 'UTC') end
$$;

-- One turn of a replica at a budget, whole or not at all: it says what it has used since its last turn, keeps a part of
-- what it holds, gives the rest back, and may ask for more: need or nothing, want at best. A turn that was made already
-- (its answer was lost) is answered and not made again. No row: there is no such budget.
create function doorward_budget_turn(
  budget uuid, replica uuid, nth bigint, shared boolean, used_in timestamptz, used_cost bigint, used_tokens bigint,
  keep_cost bigint, keep_tokens bigint, need_cost bigint, need_tokens bigint, want_cost bigint, want_tokens bigint
) returns table (
  granted boolean, held_cost bigint, held_tokens bigint, left_cost bigint, left_tokens bigint,
  unspent_cost bigint, unspent_tokens bigint,
  elsewhere boolean, continued boolean, in_window timestamptz, ends_in_ms double precision
) language plpgsql as $$
declare
  b budgets;
  l budget_leases;
  others record;
  known boolean;
  more_cost bigint := 0;
  more_tokens bigint := 0;
begin
  select * into b from budgets where id = budget for update;
  if not found then return; end if;

  in_window := doorward_budget_window(b.period);
  if in_window > b.window_start then
    b.window_start := in_window; b.spent_cost := 0; b.spent_tokens := 0;
  end if;
  in_window := b.window_start;
  ends_in_ms := case b.period when 'total' then null
    else extract(epoch from (in_window at time zone 'UTC' + ('1 ' || b.period)::interval) at time zone 'UTC' - clock_timestamp()) * 1000 end;

  -- Nothing is left to be said of these.
  delete from budget_leases o
   where o.budget_id = budget and o.holder <> replica and (o.window_start <> in_window or o.cost = 0 and o.tokens = 0)
     and not (shared and exists (select from replicas r where r.id = o.holder and r.alive_until > now()));
  -- Nobody knows what became of the part of a replica that lives no longer: it counts as used. Should it come back
  -- after all, it says how much that was.
  with dead as (
    update budget_leases d set charged = true
     where d.budget_id = budget and d.holder <> replica and d.window_start = in_window and not d.charged
       and not (shared and exists (select from replicas r where r.id = d.holder and r.alive_until > now()))
    returning d.cost, d.tokens)
  select coalesce(sum(cost), 0) as cost, coalesce(sum(tokens), 0) as tokens into others from dead;
  b.spent_cost := b.spent_cost + others.cost;
  b.spent_tokens := b.spent_tokens + others.tokens;

  select * into l from budget_leases x where x.budget_id = budget and x.holder = replica;
  known := found;
  select coalesce(sum(x.cost), 0) as cost, coalesce(sum(x.tokens), 0) as tokens into others
    from budget_leases x where x.budget_id = budget and x.holder <> replica and x.window_start = in_window and not x.charged;

  if known and l.turn >= nth then
    granted := l.granted; held_cost := l.cost; held_tokens := l.tokens;
    continued := coalesce(used_in = l.window_start, false);
    if l.window_start <> in_window then held_cost := 0; held_tokens := 0; end if;
  else
    if known and l.charged and l.window_start = in_window then
      b.spent_cost := b.spent_cost - l.cost;
      b.spent_tokens := b.spent_tokens - l.tokens;
    end if;
    continued := coalesce(known and l.window_start = in_window and used_in = in_window, false);
    if continued then
      b.spent_cost := b.spent_cost + used_cost;
      b.spent_tokens := b.spent_tokens + used_tokens;
    else
      -- Held in a window that is over, or forgotten since: there it was counted.
      keep_cost := 0; keep_tokens := 0;
    end if;

    more_cost := coalesce(b.limit_cost - b.spent_cost - others.cost - keep_cost, want_cost);
    more_tokens := coalesce(b.limit_tokens - b.spent_tokens - others.tokens - keep_tokens, want_tokens);
    granted := more_cost >= need_cost and more_tokens >= need_tokens;
    -- Parts shrink as the budget nears its end: an eighth of what is left, and never less than what is needed now.
    if granted then
      held_cost := keep_cost + least(want_cost, greatest(need_cost, more_cost / 8));
      held_tokens := keep_tokens + least(want_tokens, greatest(need_tokens, more_tokens / 8));
    else
      held_cost := keep_cost; held_tokens := keep_tokens;
    end if;

    insert into budget_leases as x (budget_id, holder, tenant_id, window_start, turn, granted, cost, tokens)
    values (budget, replica, b.tenant_id, in_window, nth, doorward_budget_turn.granted, held_cost, held_tokens)
    on conflict (budget_id, holder) do update
      set window_start = excluded.window_start, turn = excluded.turn, granted = excluded.granted,
          cost = excluded.cost, tokens = excluded.tokens, charged = false;
  end if;

  update budgets set window_start = b.window_start, spent_cost = b.spent_cost, spent_tokens = b.spent_tokens
   where id = budget
     and (window_start, spent_cost, spent_tokens) is distinct from (b.window_start, b.spent_cost, b.spent_tokens);

  if b.limit_cost is not null then
    unspent_cost := greatest(0, b.limit_cost - b.spent_cost);
    left_cost := greatest(0, unspent_cost - others.cost - held_cost);
  end if;
  if b.limit_tokens is not null then
    unspent_tokens := greatest(0, b.limit_tokens - b.spent_tokens);
    left_tokens := greatest(0, unspent_tokens - others.tokens - held_tokens);
  end if;
  elsewhere := others.cost > 0 or others.tokens > 0;
  return next;
end $$;
`;

const DOWN = `
drop function doorward_budget_turn;
drop function doorward_budget_window;
drop table budget_leases, budgets, model_usage_batches, model_usage;
drop function doorward_tell_budget;
`;

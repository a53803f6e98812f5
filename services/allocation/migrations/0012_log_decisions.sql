-- What was decided together, by a round or one call of allocate-now: what it chose from, by what, and what came out. Answers are
-- joined when it is read, by the holds of its decisions. By month of the database's clock; whole months are dropped when no market
-- keeps them.
create table decision_log (
  market text collate "C" not null,
  bucket integer not null,                       -- bucket_of(id)
  id text collate "C" not null,                  -- UUIDv7
  record_time timestamptz not null,              -- the time in the id, by the service's clock
  round text collate "C" not null,               -- empty: allocate-now
  plan text collate "C" not null,
  plan_version bigint not null,
  policy_version bigint not null,
  demand_model_version bigint not null,
  supply_model_version bigint not null,
  statistics_version bigint not null,
  decision_time timestamptz not null,            -- by the market clock
  strategy text collate "C" not null,            -- as in plans; NOW: allocate-now
  release text collate "C" not null,             -- version and commit that decided
  demand_count bigint not null,
  pair_count bigint not null,
  result_hash text collate "C" not null,         -- SHA-256 over the pairs, see domain/decision-log.ts
  proof jsonb,                                   -- primal, dual, gap, exact; null: nothing is proven
  content bytea,                                 -- gzip of a packed graph: what was considered; null: see round_graphs
  primary key (market, bucket, id, record_time)
) partition by range (record_time);
-- Compressed already.
alter table decision_log alter column content set storage external;
create index decision_log_by_time on decision_log (market, record_time);
create index decision_log_by_round on decision_log (market, round) where round <> '';
-- The net: rows of months that nobody has made yet. They are moved when their month is made.
create table decision_log_default partition of decision_log default;

-- The row of decision_log that a decision belongs to; empty: recorded before there was one.
alter table decisions add column log text collate "C" not null default '';

-- For how long a market keeps its decisions. No row: 400 days.
create table decision_log_settings (
  market text collate "C" not null,
  bucket integer not null,                       -- of the market
  kept_days integer not null check (kept_days between 30 and 3650),
  version bigint not null,
  update_time timestamptz not null,
  primary key (market, bucket)
);

call marketmesh.protect('decision_log');
call marketmesh.protect('decision_log_settings');

-- Makes the month of a time, if it is not there; rows of it that the default partition caught move along. Waits two seconds for its
-- locks at most. Runs as the owner of the tables: the service's roles may not create any.
create function make_decision_log_month(at timestamptz) returns boolean
language plpgsql security definer set lock_timeout = '2s' set timezone = 'UTC' as $$
declare
  first constant timestamptz := date_trunc('month', at);
  part constant text := 'decision_log_' || to_char(first, 'YYYY_MM');
  schema constant text := (select relnamespace::regnamespace::text from pg_class where oid = 'decision_log'::regclass);
begin
  if to_regclass(format('%s.%I', schema, part)) is not null then return false; end if;
  execute format('create table %s.%I (like decision_log including defaults including constraints including storage)', schema, part);
  execute format('with moved as (delete from decision_log_default where record_time >= %L and record_time < %L returning *)
    insert into %s.%I select * from moved', first, first + interval '1 month', schema, part);
  execute format('alter table decision_log attach partition %s.%I for values from (%L) to (%L)',
    schema, part, first, first + interval '1 month');
  return true;
end $$;

-- Drops the months that ended at or before a time; answers how many.
create function drop_decision_log_months(ended_before timestamptz) returns integer
language plpgsql security definer set lock_timeout = '2s' set timezone = 'UTC' as $$
declare
  part regclass;
  dropped integer := 0;
begin
  for part in
    select inhrelid::regclass from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = 'decision_log'::regclass and relname ~ '^decision_log_\d{4}_\d{2}$'
      and to_timestamp(right(relname, 7), 'YYYY_MM') + interval '1 month' <= ended_before
    order by relname
  loop
    execute format('drop table %s', part);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;

do $$
declare
  of_tables constant text := (select relnamespace::regnamespace::text from pg_class where oid = 'decision_log'::regclass);
  made text;
begin
  -- A function with its owner's rights looks nowhere but where the tables are.
  foreach made in array array['make_decision_log_month(timestamptz)', 'drop_decision_log_months(timestamptz)'] loop
    execute format('alter function %s set search_path = %s, pg_temp', made, of_tables);
    execute format('revoke all on function %s from public', made);
    execute format('grant execute on function %s to %I', made, marketmesh.background_role());
  end loop;
end $$;

select make_decision_log_month(now() + n * interval '1 month') from generate_series(0, 3) as n;

-- A bulk load changes what tables hold faster than autovacuum looks, once a minute: until then plans are made for tables that
-- were empty, and every statement about some listings reads all of a market's. What has changed by half is analyzed at once.
create function analyze_what_changed() returns integer
language plpgsql security definer set lock_timeout = '2s' as $$
declare
  changed regclass;
  analyzed integer := 0;
begin
  for changed in
    select c.oid from pg_class c join pg_stat_all_tables s on s.relid = c.oid
    where c.oid in ('capacity_levels'::regclass, 'holds'::regclass, 'offers'::regclass)
      and s.n_mod_since_analyze > 2000 + greatest(c.reltuples, 0) / 2
    order by c.oid
  loop
    execute format('analyze (skip_locked) %s', changed);
    analyzed := analyzed + 1;
  end loop;
  return analyzed;
end $$;

do $$
declare
  of_tables constant text := (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = 'capacity_levels'::regclass);
begin
  execute format('alter function analyze_what_changed() set search_path = %I, pg_temp', of_tables);
  revoke all on function analyze_what_changed() from public;
  execute format('grant execute on function analyze_what_changed() to %I', marketmesh.background_role());
end $$;
